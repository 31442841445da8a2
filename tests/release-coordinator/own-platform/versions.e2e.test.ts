import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clients } from '../support/callers.ts'
import { type Api, given } from '../support/given.ts'
import { type Release, type Study, studies } from '../support/resources.ts'
import { historyOf, messagesOf, reaches, releaseOf } from '../support/saga.ts'
import { type System, startSystem } from '../support/system.ts'

let system: System
let api: Api
beforeAll(async () => {
  system = await startSystem()
  api = clients(system.url, system.key)
})
afterAll(() => system?.[Symbol.asyncDispose]())

/** Starts a release, waits until it is staged. */
async function start(fields: object = {}): Promise<Release> {
  const { kf_id } = await given(api).release(fields)
  return reaches(api, kf_id, 'staged')
}

async function publish({ kf_id }: Release): Promise<string> {
  expect((await api.admin.post(`/releases/${kf_id}/publish`)).status).toBe(200)
  return (await reaches(api, kf_id, 'published')).version
}

const read = async (id: string) => (await api.anonymous.get<Study>(`/studies/${id}`)).body

// The steps below follow each other: versions are given out for ever.
describe('versions', () => {
  let first: Release
  let second: Release
  let third: Release

  test('begin with 0.0.0 and go up by a patch with every release', async () => {
    first = await start()
    second = await start()
    third = await start()
    expect([first.version, second.version, third.version]).toEqual(['0.0.0', '0.0.1', '0.0.2'])
  })

  test('go up by a minor when a release is published, its own, as long as nobody else has it', async () => {
    expect(await publish(first)).toBe('0.1.0')
    expect(await publish(second), '0.1.0 is taken').toBe('0.2.0')
  })

  test('of new releases are above all that were ever given', async () => {
    expect((await start()).version).toBe('0.2.1')
    const canceled = await start()
    expect(canceled.version).toBe('0.2.2')
    await api.admin.delete(`/releases/${canceled.kf_id}`)
    expect((await reaches(api, canceled.kf_id, 'canceled')).version).toBe('0.2.2')
    expect((await start()).version).toBe('0.2.3')
  })

  test('go up by a major for a major release', async () => {
    const major = await start({ is_major: true })
    expect(major.version).toBe('0.2.4')
    expect(await publish(major)).toBe('1.0.0')
    expect((await start()).version).toBe('1.0.1')
  })

  test('of an old release are above what was published meanwhile', async () => {
    expect(await publish(third)).toBe('1.1.0')
  })

  test('depend on what kind of release it is when it is published', async () => {
    const release = await start()
    expect(release.version).toBe('1.1.1')
    await api.admin.patch(`/releases/${release.kf_id}`, { is_major: true })
    expect((await releaseOf(api, release.kf_id)).version).toBe('1.1.1')
    expect(await publish(release)).toBe('2.0.0')
  })

  test('in the log are those of their time', async () => {
    const release = await start()
    expect(release.version).toBe('2.0.1')
    await publish(release)
    const messages = messagesOf(await historyOf(api, release.kf_id)).slice(-2)
    expect(messages).toEqual([
      `release ${release.kf_id}, version 2.0.1 changed from staged to publishing`,
      `release ${release.kf_id}, version 2.1.0 changed from publishing to published`,
    ])
  })

  test('are given out once, also to releases that begin or are published at the same time', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => given(api).release()))
    const numbers = made.map(({ version }) => version).toSorted((a, b) => Number(a.slice(4)) - Number(b.slice(4)))
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, index) => `2.1.${index + 1}`))
    for (const { kf_id } of made) await reaches(api, kf_id, 'staged')
    const published = await Promise.all(made.slice(0, 10).map(publish))
    const expected = Array.from({ length: 10 }, (_, index) => `2.${index + 2}.0`)
    expect(published.toSorted((a, b) => Number(a.split('.')[1]) - Number(b.split('.')[1]))).toEqual(expected)
    expect((await start()).version).toBe('2.11.1')
  })
})

describe('a study', () => {
  test('that was never released has no version', async () => {
    expect(await read(studies.birds)).toMatchObject({ version: null, last_pub_version: null, last_pub_date: null })
  })

  test('has the version of its newest release, whatever became of that', async () => {
    const one = await start({ studies: [studies.cats, studies.dogs] })
    expect(await read(studies.cats)).toMatchObject({
      version: one.version,
      last_pub_version: null,
      last_pub_date: null,
    })
    const version = await publish(one)
    const published = { version, last_pub_version: version, last_pub_date: one.created_at }
    expect(await read(studies.cats)).toMatchObject(published)
    expect(await read(studies.dogs)).toMatchObject(published)

    const two = await start({ studies: [studies.cats] })
    expect(await read(studies.cats)).toMatchObject({ ...published, version: two.version })
    await api.admin.delete(`/releases/${two.kf_id}`)
    await reaches(api, two.kf_id, 'canceled')
    expect(await read(studies.cats)).toMatchObject({ ...published, version: two.version })
    expect(await read(studies.dogs)).toMatchObject(published)
  })

  test('was last published with the newest release that is, by its beginning', async () => {
    const older = await start({ studies: [studies.birds] })
    const newer = await start({ studies: [studies.birds] })
    const newerVersion = await publish(newer)
    const olderVersion = await publish(older)
    expect(await read(studies.birds)).toMatchObject({
      version: newerVersion,
      last_pub_version: newerVersion,
      last_pub_date: newer.created_at,
    })
    expect(olderVersion).not.toBe(newerVersion)
  })
})
