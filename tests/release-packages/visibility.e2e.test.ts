import { beforeAll, describe, expect, test } from 'vitest'
import { expectError, texts } from './support/client.ts'
import { given, pathOf } from './support/given.ts'
import { type Callers, platform } from './support/platform.ts'

const running = platform()
const all = '/api/releasePackages'
const origin = 'https://files.example.org/secret'

/** Packages of the United States by the release types of their versions; null stands for a type that nobody knows. */
const packages = [
  [],
  ['offline'],
  ['Nightly'],
  ['alpha/beta'],
  ['online'],
  ['ONLINE'],
  ['offline', 'alpha/beta'],
  ['offline', 'alpha/beta', 'online'],
] as const

type Viewer = keyof Callers
const viewers: readonly Viewer[] = ['anonymous', 'stranger', 'user', 'insider', 'sweden', 'america', 'admin']
const stateOf = (releaseType: string) => {
  const lower = releaseType.toLowerCase()
  return lower === 'online' || lower === 'alpha/beta' ? lower : 'offline'
}

/** The rule, once more and by itself. */
function sees(viewer: Viewer, releaseType: string): boolean {
  const state = stateOf(releaseType)
  if (viewer === 'anonymous' || viewer === 'stranger') return state === 'online'
  return viewer !== 'user' || state !== 'offline'
}
const seesAll = (viewer: Viewer) => ['insider', 'sweden', 'america', 'admin'].includes(viewer)
const seesOrigins = (viewer: Viewer) => ['sweden', 'america', 'admin'].includes(viewer)
const mayAskForVersions = (viewer: Viewer) => viewer !== 'anonymous' && viewer !== 'stranger'

type Made = { id: number; versions: { id: number; releaseType: string; file: number }[] }
const made: Made[] = []
let as: Callers

beforeAll(async () => {
  as = running.as
  const make = given(as.america)
  for (const releaseTypes of packages) {
    const { releasePackageId: id } = await make.package({ name: releaseTypes.join(' ') })
    const versions: Made['versions'] = []
    for (const releaseType of releaseTypes) {
      const { releaseVersionId } = await make.version(id, { releaseType })
      const { releaseFileId } = await make.file(id, releaseVersionId, { downloadUrl: origin })
      versions.push({ id: releaseVersionId, releaseType, file: releaseFileId })
    }
    made.push({ id, versions })
  }
})

type Shown = { releasePackageId: number; releaseVersions: { releaseVersionId: number; releaseFiles: object[] }[] }

describe.each(viewers)('%s', viewer => {
  test('lists the packages that are shown, with the versions that are', async () => {
    const { status, body, text } = await as[viewer].get(all)
    expect(status).toBe(200)
    const listed = made.filter(
      ({ versions }) => seesAll(viewer) || versions.some(({ releaseType }) => stateOf(releaseType) !== 'offline'),
    )
    const shown = (body as Shown[]).map(one => [
      one.releasePackageId,
      one.releaseVersions.map(({ releaseVersionId }) => releaseVersionId),
    ])
    expect(shown).toEqual(
      listed.map(({ id, versions }) => [
        id,
        versions.filter(({ releaseType }) => sees(viewer, releaseType)).map(version => version.id),
      ]),
    )
    expect(text.includes(origin)).toBe(seesOrigins(viewer))
  })

  test('reads every package by its id, with the versions that are shown', async () => {
    for (const { id, versions } of made) {
      const { status, body } = await as[viewer].get(pathOf(id))
      expect(status).toBe(200)
      const visible = versions.filter(({ releaseType }) => sees(viewer, releaseType))
      expect((body as Shown).releaseVersions.map(one => one.releaseVersionId)).toEqual(visible.map(one => one.id))
      for (const file of (body as Shown).releaseVersions.flatMap(one => one.releaseFiles)) {
        expect('downloadUrl' in file).toBe(seesOrigins(viewer))
      }
    }
  })

  test('reads versions and files that are shown, and no others', async () => {
    for (const { id, versions } of made) {
      for (const { id: version, releaseType, file } of versions) {
        for (const path of [pathOf(id, version), pathOf(id, version, file)]) {
          const answer = await as[viewer].get(path)
          if (viewer === 'anonymous') expectError(answer, 401, texts.unauthenticated, path)
          else if (!mayAskForVersions(viewer) || !sees(viewer, releaseType))
            expectError(answer, 403, texts.denied, path)
          else {
            expect(answer.status).toBe(200)
            expect(answer.text.includes(origin)).toBe(seesOrigins(viewer))
          }
        }
      }
    }
  })
})

test('two hundred packages and more are listed like few', async () => {
  const make = given(as.admin)
  const before = (await as.admin.get(all)).body.length
  for (let batch = 0; batch < 10; batch += 1) {
    await Promise.all(Array.from({ length: 22 }, () => make.package({ member: { key: 'UY' } })))
  }
  const { body } = await as.admin.get(all)
  expect(body).toHaveLength(before + 220)
  const ids = (body as Shown[]).map(one => one.releasePackageId)
  expect(ids).toEqual(ids.toSorted((a, b) => a - b))
  expect((await as.anonymous.get(all)).body).toHaveLength(5)
})
