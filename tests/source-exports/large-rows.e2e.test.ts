import { setTimeout as delay } from 'node:timers/promises'
import { eventually } from '@slipway/testing'
import { expect, it } from 'vitest'
import { type Answer, unzip } from './support/client.ts'
import { concept, cut, exported, makeSource } from './support/dictionary.ts'
import { platform } from './support/platform.ts'

/** With as much memory as everywhere. A process that runs out of it ends, and is not there any more. */
const running = platform({ restart: false })

/** Asks again when it was told to. Everything else is an answer. */
async function patiently(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await ask()
    if (answer.status !== 503 && answer.status !== 429) return answer
    await delay(Number(answer.headers['retry-after']) * 1_000)
  }
}

const atOnce = 3
/** Milliseconds, of which the test is to need few. */
const patience = 300_000
/** Near the limit of a row, though they are sent in a fifth of it. */
const manyNames = Array.from({ length: 80_000 }, (_, n) => ({ name: `name ${n}`, locale: 'en' }))
const long = 'é'.repeat(4_500_000)

it(
  'large rows are written, read, changed, imported and exported at the same time in little memory',
  async () => {
    const { ada, nobody } = running.as
    const source = await makeSource(ada, 'LARGE')
    const path = `${source}concepts/`
    const exporter = running.platform.processes.find(({ service }) => service === 'exporter')
    const pid = exporter?.pid
    expect(pid).toBeGreaterThan(0)
    const places = Array.from({ length: atOnce }, (_, index) => index)

    const made = await Promise.all(
      places.flatMap(index => [
        patiently(() => ada.post(path, concept(`N${index}`, { names: manyNames }))),
        patiently(() => ada.post(path, concept(`X${index}`, { extras: { long } }))),
      ]),
    )
    expect(made.map(({ status }) => status)).toEqual(made.map(() => 201))
    expect(exporter?.pid).toBe(pid)

    const read = await Promise.all(
      places.flatMap(index => ['N', 'X'].map(kind => patiently(() => nobody.get(`${path}${kind}${index}/`)))),
    )
    for (const [index, { status, body }] of read.entries()) {
      expect(status).toBe(200)
      if (index % 2 === 0) expect(body.names).toHaveLength(manyNames.length)
      else expect(body.extras.long === long).toBe(true)
    }
    expect(exporter?.pid).toBe(pid)

    // Small as they are sent, and large to do.
    const changed = await Promise.all([
      ...places.map(index => patiently(() => ada.put(`${path}N${index}/`, { datatype: 'Text' }))),
      ...places.map(index => patiently(() => ada.delete(`${path}X${index}/`))),
    ])
    expect(changed.map(({ status }) => status)).toEqual([...places.map(() => 200), ...places.map(() => 204)])
    for (const { body } of changed.slice(0, atOnce)) expect(body.names).toHaveLength(manyNames.length)
    expect(exporter?.pid).toBe(pid)

    const lines = places.flatMap(index => [
      { type: 'Concept', owner: 'LARGE', source: 'S', ...concept(`I${index}`, { names: manyNames }) },
      { type: 'Concept', owner: 'LARGE', source: 'S', id: `N${index}`, concept_class: 'Drug' },
    ])
    const started = await Promise.all(
      ['one', 'two'].map(queue => patiently(() => ada.post(`/importers/bulk-import/${queue}/`, { data: lines }))),
    )
    const lists = await Promise.all(
      [path, `${path}?includeRetired=true&limit=0`, `${path}N0/versions/`, `${source}?includeConcepts=true`].map(url =>
        patiently(() => nobody.get(url)),
      ),
    )
    expect(lists.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    for (const { body } of started) {
      await eventually(async () => (await ada.get(`/tasks/${body.task}/`)).body.state === 'SUCCESS', {
        timeoutMs: patience,
      })
    }
    expect(exporter?.pid).toBe(pid)

    await cut(ada, source, 'v1')
    const { concepts } = JSON.parse(unzip((await exported(nobody, source, 'v1')).bytes).text)
    expect(concepts).toHaveLength(3 * atOnce)
    for (const { id, concept_class, names, extras } of concepts) {
      if (id.startsWith('X')) expect(extras.long === long).toBe(true)
      else expect(names).toHaveLength(manyNames.length)
      if (id.startsWith('N')) expect(concept_class).toBe('Drug')
    }
    expect(exporter?.pid).toBe(pid)
  },
  2 * patience,
)
