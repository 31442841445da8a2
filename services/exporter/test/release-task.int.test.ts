import { randomUUID } from 'node:crypto'
import type { OperationHandler } from '@slipway/bus'
import {
  type EventDataOf,
  exportOperations,
  failure,
  releaseEvents,
  releaseFileBytes,
  sourceOperations,
  sourceVersionOperations,
  taskOperations,
} from '@slipway/contracts'
import { eventually, identityToken } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { purgeTasks } from '../src/release-task/release-task.store.ts'
import { as, type RunningExporter, startExporter, type Target } from './start-exporter.ts'
import { unzip } from './unzip.ts'

type Report = {
  readonly kf_id: string
  readonly state?: string
  readonly progress?: number
  readonly files?: unknown[]
}
type File = {
  readonly study: string
  readonly name: string
  readonly url: string
  readonly size: number
  readonly sha256: string
}
type Answered = {
  readonly state: string
  readonly progress: number
  readonly message?: string
  readonly files?: File[]
}

let running: RunningExporter
const reports: Report[] = []
/** What the coordinator answers to the next reports. */
const faults: Error[] = []
/** Tasks that it has given up without a word. */
const givenUp = new Set<string>()

beforeAll(async () => {
  running = await startExporter({ EXPORT_LEASE_SECONDS: '1' })
  await running.replica()
  const coordinator = {
    operation: taskOperations.update,
    handle: async (input: { kf_id: string; body: { values: object } }, { identity }: { identity: unknown }) => {
      expect(identity).toMatchObject({ login: 'slipway-exporter', roles: ['ADMIN'] })
      const fault = faults.shift()
      if (fault) throw fault
      reports.push({ kf_id: input.kf_id, ...input.body.values })
      return { body: { kf_id: input.kf_id } }
    },
  } as unknown as OperationHandler
  const asked = {
    operation: taskOperations.get,
    handle: async ({ kf_id }: { kf_id: string }) => ({
      body: {
        kf_id,
        state: givenUp.has(kf_id) ? 'canceled' : 'staged',
        progress: 0,
        release: 'http://localhost/releases/RE_00000001',
        task_service: null,
        created_at: '2026-01-01T00:00:00Z',
        service_name: null,
      },
    }),
  } as unknown as OperationHandler
  await running.bus.serve([coordinator, asked], {
    queue: 'tests',
    identify: async token => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).identity,
  })
})
afterAll(() => running[Symbol.asyncDispose]())

let count = 0
/** A release of studies of its own, with its commands. */
function release(studies: readonly string[]) {
  count += 1
  const number = String(count).padStart(8, '0')
  const [task, id] = [`TA_${number}`, `RE_${number}`]
  const say = async (action: string): Promise<Answered> => {
    const body = Buffer.from(JSON.stringify({ action, task_id: task, release_id: id, studies }))
    const reply = await running.bus.requestRaw('slipway-tasks.exporter.tasks', body)
    return JSON.parse(Buffer.from(reply.body).toString('utf8'))
  }
  const reported = () => reports.filter(report => report.kf_id === task)
  const until = (state: string) =>
    eventually(
      async () => {
        expect((await say('get_status')).state).toBe(state)
        expect(reported().at(-1)).toMatchObject({ state })
      },
      { timeoutMs: 20_000 },
    )
  return { task, id, say, reported, until }
}

const study = () => `SD_${String(count + 1).padStart(8, '0')}`
async function boundSource(owner: string, studyId: string, concepts: readonly string[] = ['A']): Promise<Target> {
  const target = await running.dictionary(owner, concepts)
  await running.bus.call(sourceOperations.update, { ...target, body: { extras: { study_id: studyId } } }, as('staff'))
  return target
}
const versions = async (target: Target) =>
  JSON.parse((await running.read(sourceVersionOperations.list, target)).text) as { id: string; released: boolean }[]
const bytesOf = (file: File | undefined, more: object = {}) =>
  running.read(releaseFileBytes.read, { file: file?.url.split('/').at(-1) ?? '', ...more }, 'nobody')
const count_ = async (table: string, where = 'true') => {
  const text = `select count(*)::int as count from ${table} where ${where}`
  const [row] = await running.store.read<{ count: number }>({ name: `test.count-${table}-${where.length}`, text })
  return row?.count
}

let sequence = 0
async function tellEnd(type: typeof releaseEvents.canceled, id: string): Promise<void> {
  const data = { release_id: id, name: 'Spring', state: type.verb, previous_state: null, version: '0.0.1', studies: [] }
  await running.bus.publishEvent(type, {
    specversion: '1.0',
    id: randomUUID(),
    source: '/slipway/coordinator',
    type: type.type,
    subject: id,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    sequence: ++sequence,
    actor: 'system',
    data: data as EventDataOf<typeof releaseEvents.canceled>,
  })
}

describe('the exporter in a release', () => {
  it('cuts, exports, releases, and hands out what was frozen', async () => {
    const studies = [study(), 'SD_00000ZZZ']
    const one = await boundSource('ONE', studies[0] ?? '', ['A', 'B'])
    const two = await boundSource('TWO', studies[1] ?? '')
    const other = await boundSource('OTHER', 'SD_00000YYY')
    const { id, say, until, reported } = release(studies)

    expect(await say('initialize')).toMatchObject({ release_id: id, state: 'initialized', progress: 0 })
    expect(await say('start')).toMatchObject({ state: 'running' })
    await until('staged')
    const { files = [], progress } = await say('get_status')
    expect(progress).toBe(100)
    expect(files.map(file => file.study).toSorted()).toEqual(studies.toSorted())
    expect(reported().at(-1)?.files).toMatchObject(
      files.map(({ name, url, size, sha256 }) => ({ name, url, size, sha256 })),
    )
    for (const target of [one, two]) {
      expect((await versions(target)).map(({ id, released }) => [id, released])).toEqual([
        ['HEAD', false],
        [id, false],
      ])
    }
    expect(await versions(other)).toHaveLength(1)
    await running.addConcept(one, 'LATE')

    expect(await say('start')).toMatchObject({ state: 'running' })
    expect(await say('publish')).toMatchObject({ state: 'publishing' })
    await until('published')
    expect(await say('publish')).toMatchObject({ state: 'publishing' })
    for (const target of [one, two])
      expect(await versions(target)).toMatchObject([{ id: 'HEAD' }, { id, released: true }])
    expect(
      reported()
        .filter(({ state }) => state)
        .map(({ state }) => state),
    ).toEqual(['staged', 'published'])

    const file = files.find(({ name }) => name.startsWith('ONE_S_'))
    const { status, headers, bytes } = await bytesOf(file)
    expect(status).toBe(200)
    expect(headers).toMatchObject({ etag: `"${file?.sha256}"`, 'content-length': String(file?.size) })
    const content = JSON.parse(unzip(bytes).text)
    expect(content.concepts.map((concept: { id: string }) => concept.id)).toEqual(['A', 'B'])
    const part = await bytesOf(file, { range: 'bytes=2-5' })
    expect(part).toMatchObject({ status: 206, headers: { 'content-range': `bytes 2-5/${file?.size}` } })
    expect(part.bytes.equals(bytes.subarray(2, 6))).toBe(true)

    await running.bus.request(exportOperations.delete, { ...one, version: id }, as('ada'))
    await running.bus.request(sourceVersionOperations.delete, { ...one, version: id }, as('ada'))
    expect((await bytesOf(file)).bytes.equals(bytes)).toBe(true)
  })

  it('has nothing to do for a release without bound sources', async () => {
    const { say, until } = release(['SD_00000XXX'])
    await say('initialize')
    await say('start')
    await until('staged')
    await say('publish')
    await until('published')
    expect(await say('get_status')).toMatchObject({ progress: 100, files: [] })
  })

  it('makes nothing twice, however often and to how many replicas it is told', async () => {
    const studyId = study()
    const target = await boundSource('TWICE', studyId)
    const { say, until, reported } = release([studyId])
    await Promise.all(Array.from({ length: 8 }, () => say('initialize')))
    const answers = await Promise.all(Array.from({ length: 8 }, () => say('start')))
    expect(new Set(answers.map(({ state }) => state))).toEqual(new Set(['running']))
    await until('staged')
    await Promise.all(Array.from({ length: 8 }, () => say('publish')))
    await until('published')
    expect(await versions(target)).toHaveLength(2)
    expect((await say('get_status')).files).toHaveLength(1)
    expect(reported().filter(({ state }) => state === 'published')).toHaveLength(1)
  })

  it('leaves nothing of what is canceled, in whatever state', async () => {
    const blobsBefore = await count_('blob', 'removed_at is null and name is not null')
    const studyId = study()
    const target = await boundSource('CANCELED', studyId, ['A', 'B', 'C'])
    const early = release([studyId])
    expect(await early.say('cancel')).toMatchObject({ state: 'canceled' })
    expect(await early.say('initialize')).toMatchObject({ state: 'canceled' })
    expect(await early.say('start')).toMatchObject({ state: 'canceled' })

    const middle = release([studyId])
    await middle.say('start')
    expect(await middle.say('cancel')).toMatchObject({ state: 'canceled' })
    expect(await middle.say('publish')).toMatchObject({ state: 'canceled' })
    await middle.until('canceled')

    const late = release([studyId])
    await late.say('start')
    await late.until('staged')
    await late.say('cancel')
    await late.until('canceled')
    expect(await late.say('get_status')).toMatchObject({ files: [] })
    await eventually(async () => expect(await versions(target)).toHaveLength(1))
    await eventually(async () =>
      expect(await count_('blob', 'removed_at is null and name is not null')).toBe(blobsBefore),
    )
    expect(await count_('release_version', `study = '${studyId}'`)).toBe(0)
    await eventually(async () =>
      expect(await count_('release_task', `due_at is not null and state <> 'staged'`)).toBe(0),
    )
  })

  it.each(['canceled', 'failed'] as const)(
    'takes back what counted as published when the release is %s',
    async verb => {
      const studyId = study()
      const target = await boundSource(`TAKEN-BACK-${verb}`, studyId)
      const { id, say, until, reported } = release([studyId])
      await say('start')
      await until('staged')
      await say('publish')
      await until('published')
      await tellEnd(releaseEvents[verb], id)
      await eventually(async () => expect(await versions(target)).toHaveLength(1))
      await eventually(async () => expect(await count_('release_version', `study = '${studyId}'`)).toBe(0))
      expect(await say('get_status')).toMatchObject({ state: 'canceled', files: [] })
      expect(reported().at(-1), 'the coordinator knows').toMatchObject({ state: 'published' })
    },
  )

  it('is forgotten some time after it is over, but not what was published', async () => {
    const studyId = study()
    await boundSource('FORGOTTEN', studyId)
    const [over, begun, published] = [release([studyId]), release([studyId]), release([studyId])]
    await over.say('cancel')
    await begun.say('initialize')
    await published.say('start')
    await published.until('staged')
    await published.say('publish')
    await published.until('published')
    const { files: [file] = [] } = await published.say('get_status')

    await purgeTasks(running.store, 1)
    const kept = async ({ task }: { readonly task: string }) => count_('release_task', `task = '${task}'`)
    expect(await Promise.all([over, begun, published].map(kept))).toEqual([1, 1, 1])
    const age = `update release_task set moved_at = moved_at - interval '2 days' where task = any($1)`
    await running.store.write({ name: 'test.age', text: age }, [[over.task, begun.task, published.task]])
    await purgeTasks(running.store, 1, 1)
    expect(await Promise.all([over, begun, published].map(kept))).toEqual([0, 0, 1])
    expect((await bytesOf(file)).status).toBe(200)
    // What comes later than anybody waits is taken down anew.
    expect(await begun.say('start')).toMatchObject({ state: 'running' })
  })

  it('fails when an export was given up, and takes back what was made', async () => {
    const studyId = study()
    const target = await boundSource('GIVEN-UP', studyId)
    const { task, say, until } = release([studyId])
    await say('start')
    await until('staged')
    // Whoever still has the task in hand would say when to look at it again.
    await eventually(async () => {
      const lease = { name: 'test.lease', text: 'select lease from release_task where task = $1' }
      expect(await running.store.read(lease, [task])).toEqual([{ lease: null }])
    })
    await running.store.write(
      {
        name: 'test.given-up',
        text: `with e as (
            update export set state = 'absent', error = 'the disk is full', blob = null
            where version in (select version from release_version where task = $1)
          ), v as (update release_version set blob = null where task = $1)
          update release_task set state = 'running', told_state = null, due_at = now() where task = $1`,
      },
      [task],
    )
    await until('failed')
    expect(await say('get_status')).toMatchObject({ files: [], message: expect.stringContaining('the disk is full') })
    await eventually(async () => expect(await versions(target)).toHaveLength(1))
  })

  it('fails when its version is there already, made by somebody', async () => {
    const studyId = study()
    const target = await boundSource('FAILING', studyId)
    await running.freeze(target, `RE_${String(count + 1).padStart(8, '0')}`)
    const { say, until } = release([studyId])
    await say('start')
    await until('failed')
    expect(await say('get_status')).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('was not cut for'),
    })
    expect(await versions(target)).toHaveLength(2)
  })

  it('reports until it is heard', async () => {
    const { say, until, reported } = release(['SD_00000WWW'])
    faults.push(failure('unavailable', 'away'), failure('internal', 'broken'))
    await say('start')
    await until('staged')
    expect(faults).toHaveLength(0)
    expect(reported().map(({ state }) => state)).toEqual(['staged'])
  })

  it('takes everything back when the coordinator has given the task up and nobody said so', async () => {
    const studyId = study()
    const target = await boundSource('GIVEN', studyId)
    const refused = release([studyId])
    await refused.say('start')
    await refused.until('staged')
    givenUp.add(refused.task)
    faults.push(failure('invalid', 'Can not change from failed to published.'))
    await refused.say('publish')
    await refused.until('canceled')
    await eventually(async () => expect(await versions(target)).toHaveLength(1))

    const waiting = release([studyId])
    await waiting.say('start')
    await waiting.until('staged')
    givenUp.add(waiting.task)
    const soon = `update release_task set due_at = now(), lease = null where state = 'staged'`
    await running.store.write({ name: 'test.look-now', text: soon })
    await waiting.until('canceled')
    await eventually(async () => expect(await versions(target)).toHaveLength(1))
  })

  it('takes sources of those only who may release the study', async () => {
    const target = await running.dictionary('BINDING')
    const bind = (extras: Record<string, unknown>, identity: string) =>
      running.bus.call(sourceOperations.update, { ...target, body: { extras } }, as('ada', { identity }))
    const plain = identityToken('ada')
    await expect(bind({ study_id: 'SD_00000VVV' }, plain)).rejects.toMatchObject({ code: 'forbidden' })
    await bind({ study_id: 'our own number' }, plain)
    await bind({ study_id: 'SD_00000VVV' }, identityToken('ada', { groups: ['SD_00000VVV'] }))
    await bind({ study_id: 'SD_00000VVV', more: 'than before' }, plain)
    await expect(bind({ study_id: 'SD_00000VVW' }, plain)).rejects.toMatchObject({ code: 'forbidden' })
    await expect(bind({ study_id: '\ud800' }, plain)).rejects.toMatchObject({ code: 'invalid' })
    await bind({}, plain)
  })

  it('answers what is no command, and what it does not know, with 400', async () => {
    const send = (text: string) => running.bus.requestRaw('slipway-tasks.exporter.tasks', Buffer.from(text))
    const { task, id, say } = release([])
    await expect(send('{')).rejects.toMatchObject({ status: 400 })
    await expect(send('{}')).rejects.toMatchObject({ status: 400 })
    const command = { action: 'explode', task_id: task, release_id: id, studies: [] }
    await expect(send(JSON.stringify(command))).rejects.toMatchObject({ status: 400 })
    await expect(say('get_status')).rejects.toMatchObject({ status: 400 })
    await expect(say('publish')).rejects.toMatchObject({ status: 400 })
    const status = await running.bus.requestRaw('slipway-tasks.exporter.status', new Uint8Array())
    expect(JSON.parse(Buffer.from(status.body).toString())).toMatchObject({ name: 'exporter' })
    await expect(bytesOf({ url: 'x/00000000-0000-4000-8000-000000000000' } as File)).rejects.toMatchObject({
      code: 'not_found',
    })
  })
})
