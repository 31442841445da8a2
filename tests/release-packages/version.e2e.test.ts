import { beforeAll, describe, expect, test } from 'vitest'
import { expectError, texts } from './support/client.ts'
import { given, pathOf } from './support/given.ts'
import { type Callers, platform } from './support/platform.ts'
import { trailOf } from './support/trail.ts'

const running = platform()
let as: Callers
let make: ReturnType<typeof given>
/** A package of Sweden for tests that need any. */
let home: number
beforeAll(async () => {
  as = running.as
  make = given(as.sweden)
  home = (await make.package()).releasePackageId
})

const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const uuid = expect.stringMatching(/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/)
const versions = (releasePackageId: number) => `${pathOf(releasePackageId)}/releaseVersions`
const today = () => new Date().toISOString().slice(0, 10)

describe('a new version', () => {
  test('is answered whole, with what the server decides', async () => {
    const { status, body } = await as.sweden.post(versions(home), {
      name: 'First Version',
      description: '<p><b>First</b> version description <br/></p>',
      releaseVersionId: 1,
      id: 'mine',
      archive: true,
      releaseFiles: [{ label: 'smuggled' }],
    })
    expect(status).toBe(200)
    expect(body).toEqual({
      releaseVersionId: expect.any(Number),
      id: uuid,
      createdAt: instant,
      updatedAt: body.createdAt,
      lastUpdated: body.createdAt,
      name: 'First Version',
      description: '<p><b>First</b> version description <br/></p>',
      summary: null,
      online: false,
      releaseType: 'offline',
      publishedAt: null,
      versionURI: null,
      versionDependentURI: null,
      versionDependentDerivativeURI: null,
      packageType: null,
      archive: false,
      releaseFiles: [],
    })
    expect((await as.sweden.get(pathOf(home, body.releaseVersionId))).body).toEqual(body)
    expect((await as.sweden.get(pathOf(home))).body.releaseVersions).toContainEqual(body)
  })

  test('takes all fields', async () => {
    const sent = {
      name: 'n',
      description: 'd',
      summary: 's',
      releaseType: 'alpha/beta',
      publishedAt: '2024-02-29',
      versionURI: 'http://snomed.info/sct/1/version/20240229',
      versionDependentURI: 'http://snomed.info/sct/2',
      versionDependentDerivativeURI: 'http://snomed.info/sct/3',
      packageType: 'SCT_RF2_ALL',
    }
    expect(await make.version(home, sent)).toMatchObject({ ...sent, online: false })
  })

  test.each([
    [{ publishedAt: '2024-02-30' }, 'publishedAt: must be a date, YYYY-MM-DD'],
    [{ publishedAt: '2024-02-01T00:00:00Z' }, 'publishedAt: must be a date, YYYY-MM-DD'],
    [{ online: 'true' }, /^online: /],
    [{ packageType: 'x'.repeat(256) }, 'packageType: must not be longer than 255 characters'],
    [{ summary: 'x'.repeat(65_537) }, 'summary: must not be longer than 65536 characters'],
  ])('is refused with %j', async (body, message) => {
    expectError(await as.sweden.post(versions(home), body), 400, message, versions(home))
  })

  test('is refused to whoever is not staff of the member, and below no package', async () => {
    const path = versions(home)
    expectError(await as.anonymous.post(path, {}), 401, texts.unauthenticated, path)
    for (const caller of ['user', 'insider', 'stranger', 'america'] as const) {
      expectError(await as[caller].post(path, {}), 403, texts.denied, path)
    }
    expect((await as.admin.post(path, {})).status).toBe(200)
    expectError(await as.admin.post(versions(999_999), {}), 404, texts.missing, versions(999_999))
    expectError(await as.admin.post('/api/releasePackages/x/releaseVersions', {}), 400, "Not an id: 'x'")
  })
})

describe('publication', () => {
  const change = async (path: string, body: object) => {
    const answer = await as.sweden.put(path, body)
    expect(answer.status).toBe(200)
    return answer.body
  }

  test('by the flag, as clients of the first generation do it', async () => {
    const { releaseVersionId: id, ...made } = await make.version(home)
    const path = pathOf(home, id)
    const read = (await as.sweden.get(path)).body
    const published = await change(path, { ...read, online: true })
    expect(published).toMatchObject({ online: true, releaseType: 'online', publishedAt: today() })
    expect(published.id).not.toBe(made.id)
    const again = await change(path, published)
    expect(again).toEqual({ ...published, id: uuid, updatedAt: instant, lastUpdated: again.updatedAt })
    expect(again.id).not.toBe(published.id)
    const offline = await change(path, { ...again, online: false })
    expect(offline).toMatchObject({ online: false, releaseType: 'offline', publishedAt: today() })
  })

  test('by the release type, with a flag that is out of date', async () => {
    const { releaseVersionId: id } = await make.version(home, { online: true, publishedAt: '2020-01-31' })
    const path = pathOf(home, id)
    expect(await change(path, { releaseType: 'offline', online: true })).toMatchObject({
      online: false,
      releaseType: 'offline',
      publishedAt: '2020-01-31',
    })
    expect(await change(path, { releaseType: 'Alpha/Beta', online: false })).toMatchObject({
      online: false,
      releaseType: 'Alpha/Beta',
    })
    expect(await change(path, { releaseType: 'ONLINE', online: false })).toMatchObject({ online: true })
    expect(await change(path, { releaseType: 'Nightly' })).toMatchObject({ online: false, releaseType: 'Nightly' })
    expect(await change(path, { publishedAt: null, online: true })).toMatchObject({ publishedAt: today() })
  })

  test('leaves an entry in the trail when the state changes, and only then', async () => {
    const releasePackage = await make.package()
    const { releaseVersionId: id } = await make.version(releasePackage.releasePackageId)
    const path = pathOf(releasePackage.releasePackageId, id)
    await change(path, { name: `v${id}` })
    for (const releaseType of ['online', 'online', 'alpha/beta', 'Nightly', 'offline']) {
      await change(path, { releaseType })
    }
    expect((await as.sweden.delete(path)).status).toBe(200)
    const { types, last } = await trailOf(as.admin, id)
    expect(types).toEqual([
      'RELEASE_VERSION_UPDATED',
      'RELEASE_VERSION_TAKEN_ONLINE',
      'RELEASE_VERSION_UPDATED',
      'RELEASE_VERSION_TAKEN_ALPHA/BETA',
      'RELEASE_VERSION_TAKEN_OFFLINE',
      'RELEASE_VERSION_UPDATED',
      'RELEASE_VERSION_DELETED',
    ])
    expect(last).toEqual({ 'releasePackage.name': 'Package', 'releaseVersion.name': `v${id}` })
  })
})

describe('a version', () => {
  test('is found below its own package only', async () => {
    const other = (await make.package()).releasePackageId
    const { releaseVersionId: id } = await make.version(home)
    const wrong = pathOf(other, id)
    for (const method of ['get', 'delete'] as const) {
      expectError(await as.sweden[method](wrong), 404, texts.missing, wrong)
    }
    expectError(await as.sweden.put(wrong, { name: 'x' }), 404, texts.missing, wrong)
    expectError(await as.sweden.put(pathOf(home, 999_999), {}), 404, texts.missing)
    expectError(await as.sweden.get(`${versions(home)}/x`), 400, "Not an id: 'x'")
  })

  test('is changed and deleted by staff of the member and by administrators only', async () => {
    const { releaseVersionId: id } = await make.version(home)
    const path = pathOf(home, id)
    for (const [caller, status, message] of [
      ['anonymous', 401, texts.unauthenticated],
      ['user', 403, texts.denied],
      ['insider', 403, texts.denied],
      ['america', 403, texts.denied],
    ] as const) {
      expectError(await as[caller].put(path, { name: 'x' }), status, message, path)
      expectError(await as[caller].delete(path), status, message, path)
    }
    expect((await as.admin.put(path, { name: 'by admin' })).body.name).toBe('by admin')
    const gone = await as.admin.delete(path)
    expect([gone.status, gone.text]).toEqual([200, ''])
    expectError(await as.admin.delete(path), 404, texts.missing, path)
  })

  test('is not deleted while it is online', async () => {
    const { releaseVersionId: id } = await make.version(home, { releaseType: 'Online' })
    expectError(await as.sweden.delete(pathOf(home, id)), 409, 'The version is online', pathOf(home, id))
    await as.sweden.put(pathOf(home, id), { releaseType: 'alpha/beta' })
    expect((await as.sweden.delete(pathOf(home, id))).status).toBe(200)
  })

  test('is deleted with its files, also while a client deletes them one by one', async () => {
    const { releaseVersionId: id } = await make.version(home)
    const files = await Promise.all(Array.from({ length: 5 }, () => make.file(home, id)))
    const answers = await Promise.all([
      as.sweden.delete(pathOf(home, id)),
      ...files.map(({ releaseFileId }) => as.sweden.delete(pathOf(home, id, releaseFileId))),
    ])
    expect(answers[0]?.status).toBe(200)
    for (const { status } of answers.slice(1)) expect([200, 404]).toContain(status)
    expectError(await as.sweden.get(pathOf(home, id)), 404, texts.missing)
  })

  test('is changed only if nothing in the package changed', async () => {
    const own = (await make.package()).releasePackageId
    const { releaseVersionId: id } = await make.version(own)
    const path = pathOf(own, id)
    const { etag } = (await as.sweden.get(path)).headers
    await make.file(own, id)
    const late = await as.sweden.put(path, { name: 'late' }, { 'if-match': String(etag) })
    expectError(late, 412, 'The package changed since it was read', path)
    expect((await as.sweden.put(path, { name: 'any' }, { 'if-match': '*' })).status).toBe(200)
  })

  test('is archived without any other change', async () => {
    const made = await make.version(home, { online: true })
    const path = `/api/updateArchive/${made.releaseVersionId}`
    const archived = await as.sweden.post(`${path}?isArchive=true`)
    expect([archived.status, archived.body]).toEqual([200, { ...made, archive: true }])
    expect((await as.anonymous.get(pathOf(home))).body.releaseVersions).toContainEqual(archived.body)
    expect((await as.sweden.put(pathOf(home, made.releaseVersionId), { archive: false })).body.archive).toBe(true)
    expect((await as.admin.post(`${path}?isArchive=false`)).body.archive).toBe(false)
    expectError(await as.sweden.post(path), 400, "Required request parameter 'isArchive' is not present", path)
    expectError(await as.sweden.post(`${path}?isArchive=maybe`), 400, "Not a boolean: 'maybe'", path)
    expectError(await as.america.post(`${path}?isArchive=true`), 403, texts.denied, path)
    expectError(await as.user.post(`${path}?isArchive=true`), 403, texts.denied, path)
    expectError(await as.anonymous.post(`${path}?isArchive=true`), 401, texts.unauthenticated, path)
    expectError(await as.admin.post('/api/updateArchive/999999?isArchive=true'), 404, texts.missing)
  })

  test('knows whether another one depends on it', async () => {
    const edition = 'http://snomed.info/sct/45991000052106/version/20260531'
    const check = async (id: number) => {
      const { status, text } = await as.america.get(`/api/checkVersionDependency/${id}`)
      return [status, text]
    }
    const ofUri = async (fields: object) => (await make.version(home, fields)).releaseVersionId
    const needed = await ofUri({ versionURI: ` ${edition} ` })
    const derived = await ofUri({ versionURI: `${edition}x` })
    const blank = await ofUri({ versionURI: '  ' })
    expect(await check(needed)).toEqual([200, 'false'])
    await ofUri({ versionDependentURI: `${edition}  ` })
    await ofUri({ versionDependentDerivativeURI: `${edition}x`, versionDependentURI: ' ' })
    expect(await check(needed)).toEqual([200, 'true'])
    expect(await check(derived)).toEqual([200, 'true'])
    expect(await check(blank)).toEqual([200, 'false'])
    expect(await check(999_999)).toEqual([200, 'false'])
    const path = `/api/checkVersionDependency/${needed}`
    expectError(await as.anonymous.get(path), 401, texts.unauthenticated, path)
    expectError(await as.user.get(path), 403, texts.denied, path)
  })
})
