import {
  releaseFileOperations as files,
  releasePackageOperations as packages,
  type releaseFileOperations,
  releasePackageEvents,
  releaseVersionOperations as versions,
} from '@slipway/contracts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { as, type RunningCatalog, startCatalog } from './start-catalog.ts'

let running: RunningCatalog
beforeAll(async () => {
  running = await startCatalog()
  await running.replica()
})
afterAll(async () => running?.[Symbol.asyncDispose]())

const origin = 'https://files.example.org/secret'
const admin = () => as('admin')
type FileBody = Parameters<typeof running.bus.call<typeof releaseFileOperations.create>>[1]['body']

async function create<Result>(operation: typeof packages.create | typeof versions.create, input: object) {
  const answer = await running.bus.openStream(operation, input as never, admin())
  const chunks: Uint8Array[] = []
  for await (const chunk of answer.body) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Result
}

const newPackage = async (key: string) => {
  const input = { body: { name: 'Secret name', member: { key } } }
  return (await create<{ releasePackageId: number }>(packages.create, input)).releasePackageId
}

async function change(releasePackageId: number, body: object): Promise<void> {
  const answer = await running.bus.openStream(packages.update, { releasePackageId, body }, admin())
  answer.cancel()
}

type Event = { noun: string; verb: string; aggregate: string; sequence: number; data: Record<string, unknown> }
const eventsOf = (id: number) =>
  running.store.read<Event>(
    {
      name: 'events-of',
      text: 'select noun, verb, aggregate, sequence, data from platform.outbox where aggregate = $1 order by sequence',
    },
    [String(id)],
  )

it('every change has its event, without gaps, names or origins', async () => {
  const releasePackageId = await newPackage('SE')
  const { releaseVersionId } = await create<{ releaseVersionId: number }>(versions.create, {
    releasePackageId,
    body: { name: 'Secret version' },
  })
  const body: FileBody = { label: 'Secret file', downloadUrl: origin }
  const place = { releasePackageId, releaseVersionId }
  const { releaseFileId } = await running.bus.call(files.create, { ...place, body }, admin())
  await running.bus.call(files.update, { ...place, body: { releaseFileId, md5Hash: 'x' } }, admin())
  const updated = await running.bus.openStream(versions.update, { ...place, body: { online: true } }, admin())
  updated.cancel()
  const offline = await running.bus.openStream(versions.update, { ...place, body: { online: false } }, admin())
  offline.cancel()
  await running.bus.request(versions.delete, place, admin())
  await change(releasePackageId, { name: 'Other' })
  await running.bus.request(packages.delete, { releasePackageId }, admin())

  const [ofPackage, ofVersion, ofFile] = await Promise.all(
    [releasePackageId, releaseVersionId, releaseFileId].map(eventsOf),
  )
  const shown = (events: Event[] = []) => events.map(({ noun, verb, sequence }) => `${noun}.${verb} ${sequence}`)
  expect(shown(ofPackage)).toEqual([
    'release-package.created 1',
    'release-package.updated 2',
    'release-package.deleted 3',
  ])
  expect(shown(ofVersion)).toEqual(
    [1, 2, 3, 4].map((n, i) => `release-version.${['created', 'updated', 'updated', 'deleted'][i]} ${n}`),
  )
  expect(shown(ofFile)).toEqual(['release-file.created 1', 'release-file.updated 2', 'release-file.deleted 3'])
  expect(ofVersion?.[1]?.data).toEqual({
    release_version_id: releaseVersionId,
    release_package_id: releasePackageId,
    member: 'SE',
    state: 'online',
    archive: false,
    was: 'offline',
  })
  expect(JSON.stringify([ofPackage, ofVersion, ofFile])).not.toMatch(/Secret|files\.example/)
  expect(releasePackageEvents.updated.data.safeParse(ofPackage?.[1]?.data).success).toBe(true)
})

it('priorities stay a permutation over replicas, and each change is told once', async () => {
  const ids: number[] = []
  for (let index = 0; index < 6; index += 1) ids.push(await newPackage('NL'))
  const writers = Array.from({ length: 20 }, async (_, writer) => {
    for (let step = 0; step < 3; step += 1) {
      const id = ids[(writer + step) % ids.length] as number
      const target = (writer * 5 + step) % 8
      await change(id, writer % 4 === 3 && step === 2 ? { member: { key: 'NZ' } } : { priority: target })
    }
  })
  await Promise.all(writers)
  const rows = await running.store.read<{ member: string; priority: number; id: number; seq: number }>({
    name: 'priorities',
    text: `select member, priority, release_package_id as id, seq from release_package where member in ('NL', 'NZ')`,
  })
  for (const member of ['NL', 'NZ']) {
    const priorities = rows.filter(row => row.member === member).map(row => row.priority)
    expect(new Set(priorities).size).toBe(priorities.length)
  }
  for (const { id, seq } of rows) expect(await eventsOf(id)).toHaveLength(seq)
})
