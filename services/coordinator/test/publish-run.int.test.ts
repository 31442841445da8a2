import { platformTaskOperations, studyObjectOperations } from '@slipway/contracts'
import type { Statement } from '@slipway/store'
import { eventually, identityToken } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningCoordinator, startCoordinator } from './start-coordinator.ts'

const studies = 500
const runs = 20
const edits = 2_000
const editors = 12

let coordinator: RunningCoordinator
const identity = identityToken('curator', { roles: ['curator'], permissions: ['ACCESS_ALL_DATA'] })
const call = { identity, baseUrl: 'https://releases.example.org', timeoutMs: 20_000 }

const accessionOf = (index: number) => `SD_${String(index % studies).padStart(8, '0')}`

const addObjects: Statement = {
  name: 'test-add-objects',
  text: `
    with made as (
      insert into study_object (accession, origin, name)
      select 'SD_' || lpad(i::text, 8, '0'), 'odm', 'study ' || i from generate_series(0, $1::integer - 1) i
      returning accession, name
    ), versioned as (
      insert into study_version (accession, version, content, name, message, author)
      select accession, 1, '{}', name, 'Imported', 'system' from made
    )
    insert into platform.outbox (noun, verb, aggregate, sequence, actor, data)
    select 'study-version', 'published', accession, 1, 'system', '{}' from made`,
}

beforeAll(async () => {
  coordinator = await startCoordinator({ JOB_LEASE_SECONDS: '2' })
  await coordinator.replica()
  await coordinator.store.write(addObjects, [studies])
})
afterAll(() => coordinator?.[Symbol.asyncDispose]())

const startRun = (message: string) =>
  coordinator.bus.call(platformTaskOperations.publish, { versionMessage: message }, call)
const edit = (id: string, body: object) => coordinator.bus.call(studyObjectOperations.edit, { id, body }, call)

async function ended(id: string): Promise<string> {
  return eventually(
    async () => {
      const { status, endedAt } = await coordinator.bus.call(platformTaskOperations.get, { id }, call)
      if (endedAt === null) throw new Error(`run ${id} is ${status}`)
      return status
    },
    { timeoutMs: 40_000 },
  )
}

const versions: Statement = {
  name: 'test-versions',
  text: 'select accession, version, content, task from study_version order by accession, version',
}
const leftOver: Statement = {
  name: 'test-left-over',
  text: `select (select count(*) from study_object where draft is not null)::integer as drafts,
    (select count(*) from job)::integer as jobs,
    (select count(*) from platform.outbox where noun = 'study-version')::integer as told`,
}
const overlapping: Statement = {
  name: 'test-overlapping',
  text: `
    select a.id from platform_task a join platform_task b
      on a.kind = 'publish-all' and b.kind = 'publish-all' and a.id <> b.id
        and a.started_at < b.ended_at and b.started_at < a.ended_at`,
}
type Version = { accession: string; version: number; content: Record<string, unknown>; task: string | null }

describe('publish runs while curators edit', () => {
  it('put every edit into exactly one version', async () => {
    const started: string[] = []
    let next = 0
    const editing = Array.from({ length: editors }, async () => {
      for (let number = next++; number < edits; number = next++) {
        // Some studies get many edits, so that edits meet publications.
        const study = accessionOf(number % 3 === 0 ? number % 10 : number)
        await edit(study, { [`edit-${number}`]: number })
        if (number % (edits / runs) === 0) started.push((await startRun(`run ${number}`)).id)
      }
    })
    await Promise.all(editing)
    started.push((await startRun('the last one')).id)
    for (const id of started) expect(await ended(id)).toBe('DONE')
    expect(started).toHaveLength(runs + 1)
    expect(await coordinator.store.read(overlapping)).toEqual([])

    const all = await coordinator.store.read<Version>(versions)
    const firstSeen = new Map<string, number>()
    for (const [accession, history] of Map.groupBy(all, version => version.accession)) {
      expect(history.map(({ version }) => version)).toEqual(history.map((_, index) => index + 1))
      const tasks = history.flatMap(({ task }) => task ?? [])
      expect(new Set(tasks).size, `a run published ${accession} twice`).toBe(tasks.length)
      for (const [index, { content }] of history.entries()) {
        const before = history[index - 1]?.content ?? {}
        const added = Object.keys(content).filter(name => !Object.hasOwn(before, name))
        if (index > 0) expect(added.length, `${accession} has a version without a change`).toBeGreaterThan(0)
        for (const name of added) firstSeen.set(name, (firstSeen.get(name) ?? 0) + 1)
      }
    }
    expect(firstSeen.size).toBe(edits)
    expect([...firstSeen.values()].filter(times => times !== 1)).toEqual([])
    expect(await coordinator.store.read(leftOver)).toEqual([{ drafts: 0, jobs: 0, told: all.length }])
  })

  it('are stopped between two studies; what is published stays', async () => {
    const locked = accessionOf(250)
    await Promise.all(Array.from({ length: studies }, (_, index) => edit(accessionOf(index), { stopped: index })))
    const lock: Statement = {
      name: 'test-lock',
      text: 'select accession from study_object where accession = $1 for update',
    }
    let id = ''
    await coordinator.store.transaction(async tx => {
      await tx.query(lock, [locked])
      id = (await startRun('stopped')).id
      await eventually(async () => {
        const { progress } = await coordinator.bus.call(platformTaskOperations.output, { id }, call)
        return progress?.done === 250
      })
      // At once, whatever holds the run up.
      expect(await coordinator.bus.call(platformTaskOperations.stop, { id }, call)).toMatchObject({ status: 'RUNNING' })
    })
    expect(await ended(id)).toBe('KILLED')
    const output = await coordinator.bus.call(platformTaskOperations.output, { id }, call)
    expect(output).toMatchObject({ status: 'KILLED', result: null })
    expect(output.progress).toEqual({ done: 251, total: studies })
    const rest = await startRun('the rest')
    expect(await ended(rest.id)).toBe('DONE')
    expect(await coordinator.store.read(leftOver)).toMatchObject([{ drafts: 0 }])
  })

  it('go on when a study cannot be published, and end FAILED', async () => {
    const [bad = '', good = ''] = [accessionOf(1), accessionOf(2)]
    await edit(bad, { broken: true })
    await edit(good, { fine: true })
    const inTheWay: Statement = {
      name: 'test-in-the-way',
      text: `
        insert into study_version (accession, version, content, name, message, author)
        select accession, version + 1, '{}', name, 'in the way', 'test' from study_object where accession = $1`,
    }
    await coordinator.store.write(inTheWay, [bad])
    const { id } = await startRun('one fails')
    expect(await ended(id)).toBe('FAILED')
    const output = await coordinator.bus.call(platformTaskOperations.output, { id }, call)
    expect(output).toMatchObject({ result: null, progress: { done: 2, total: 2 }, attempt: 1 })
    expect(output.errors).toHaveLength(1)
    expect(output.errors[0]?.stack[0]?.message).toMatch(bad)
    const { body } = await coordinator.bus.request(studyObjectOperations.get, { view: 'user', id: good }, call)
    expect(JSON.parse(Buffer.from(body).toString())).toMatchObject({ fine: true })
  })
})
