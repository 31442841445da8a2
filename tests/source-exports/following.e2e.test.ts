import { expect, it } from 'vitest'
import { concept, cut, exported, makeSource } from './support/dictionary.ts'
import { platform } from './support/platform.ts'
import { type Row, readExport } from './support/read-export.ts'

const running = platform({ env: { gateway: { SLIPWAY_RATE_LIMIT: '1000000' } } })

const rounds = 50
const writers = 3
const writesEach = 6
const everything = 'includeConcepts=true&includeMappings=true&includeRetired=true&limit=0'

/** A subscriber's copy: the newest state of every row, by its URL. */
function emptyCopy() {
  const rows = new Map<string, Row>()
  const copy = {
    /** Where the next diff begins. */
    since: '',
    apply({ concepts = [], mappings = [] }: { readonly concepts?: Row[]; readonly mappings?: Row[] }): void {
      for (const row of [...concepts, ...mappings]) {
        rows.set(row.url, row)
        if (row.updated_on > copy.since) copy.since = row.updated_on
      }
    },
    states: () => [...rows.values()].map(row => `${row.version_url} ${row.retired} ${row.datatype}`).sort(),
  }
  return copy
}

it(`a subscriber loses nothing in ${rounds} rounds, while writers change the source at full speed`, async () => {
  const { ada, bob } = running.as
  const source = await makeSource(ada, 'FIRE')
  const diff = async (since: string) =>
    (await bob.get(`${source}?${everything}${since === '' ? '' : `&updatedSince=${encodeURIComponent(since)}`}`)).body
  let written = 0

  async function write(writer: number, round: number): Promise<void> {
    const url = (id: string) => `${source}concepts/${id}/`
    for (let index = 0; index < writesEach; index += 1) {
      const id = `W${writer}-${round % 10}-${index}`
      const answer =
        round < 10
          ? await ada.post(`${source}concepts/`, concept(id))
          : index % 4 === 3
            ? await ada.put(url(id), { retired: round % 20 < 10 })
            : await ada.put(url(id), { datatype: `round ${round}` })
      expect([200, 201]).toContain(answer.status)
      written += 1
      if (round < 10 && index > 0) {
        const mapping = {
          map_type: 'NEXT',
          from_concept_url: url(`W${writer}-${round}-${index - 1}`),
          to_concept_url: url(id),
        }
        expect((await ada.post(`${source}mappings/`, mapping)).status).toBe(201)
      }
    }
  }

  const follower = emptyCopy()
  for (let round = 0; round < rounds; round += 1) {
    const version = `v${round}`
    const writing = Promise.all(Array.from({ length: writers }, (_, writer) => write(writer, round)))

    const copy = emptyCopy()
    const subscribing = (async () => {
      await cut(ada, source, version)
      const file = await exported(bob, source, version)
      copy.apply(await readExport(file.bytes))
      copy.since = String(file.headers.lastupdated)
      // Once while the writers are at it.
      copy.apply(await diff(copy.since))
      follower.apply(await diff(follower.since))
    })()
    await Promise.all([writing, subscribing])

    copy.apply(await diff(copy.since))
    follower.apply(await diff(follower.since))
    const truth = emptyCopy()
    truth.apply(await diff(''))
    expect(copy.states(), `export of ${version} and what came since`).toEqual(truth.states())
    expect(follower.states(), `changes alone, up to ${version}`).toEqual(truth.states())
    expect(truth.states().length).toBeGreaterThan(0)
  }
  expect(written).toBe(rounds * writers * writesEach)
}, 240_000)
