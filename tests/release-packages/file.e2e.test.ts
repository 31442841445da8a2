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

describe('a file', () => {
  let version: number
  let files: string
  beforeAll(async () => {
    version = (await make.version(home)).releaseVersionId
    files = `${pathOf(home, version)}/releaseFiles`
  })

  test('is answered whole, with the address for affiliates', async () => {
    const { status, body } = await as.sweden.post(files, {
      label: '<p>Example file</p>',
      downloadUrl: 'http://files.com/example.txt',
      releaseFileId: 1,
      clientDownloadUrl: 'http://elsewhere.example.org',
    })
    expect(status).toBe(200)
    expect(body).toEqual({
      releaseFileId: expect.any(Number),
      label: '<p>Example file</p>',
      createdAt: instant,
      clientDownloadUrl: `${files}/${body.releaseFileId}/download`,
      md5Hash: null,
      fileSize: null,
      primaryFile: false,
      downloadUrl: 'http://files.com/example.txt',
    })
    expect((await as.sweden.get(`${files}/${body.releaseFileId}`)).body).toEqual(body)
    expect((await as.sweden.get(pathOf(home, version))).body.releaseFiles).toContainEqual(body)
  })

  test.each([
    '/relative',
    'ftp://files.example.org/x',
    'javascript:alert(1)',
    'http://',
    'http:///x',
    'files.com/x',
    '',
  ])('does not lie at %j', async downloadUrl => {
    const answer = await as.sweden.post(files, { downloadUrl })
    expectError(answer, 400, 'downloadUrl: must be an absolute URL of http, https or s3', files)
  })

  test.each(['https://user:secret@files.example.org/x?y#z', 's3://bucket/key', 'HTTP://FILES.EXAMPLE.ORG/', null])(
    'may lie at %j',
    async downloadUrl => {
      expect((await make.file(home, version, { downloadUrl })).downloadUrl).toBe(downloadUrl)
    },
  )

  test('is changed through the collection, in what is sent', async () => {
    const made = await make.file(home, version, { downloadUrl: 'https://a.example.org/x', md5Hash: 'abc' })
    const { body } = await as.sweden.put(files, {
      releaseFileId: made.releaseFileId,
      label: 'new',
      fileSize: '123',
      md5Hash: null,
      primaryFile: true,
    })
    expect(body).toEqual({ ...made, label: 'new', fileSize: '123', md5Hash: null, primaryFile: true })
    expect((await as.sweden.put(files, body)).body).toEqual(body)
    expectError(await as.sweden.put(files, { label: 'x' }), 400, 'releaseFileId: must be given', files)
    expectError(await as.sweden.put(files, { releaseFileId: '7' }), 400, /^releaseFileId: /, files)
    expectError(await as.sweden.put(files, { releaseFileId: 999_999 }), 404, texts.missing, files)
    expectError(await as.sweden.put(files, { ...made, fileSize: 5 }), 400, /^fileSize: /, files)
  })

  test('is found below its own version only, whoever asks', async () => {
    const other = (await make.version(home)).releaseVersionId
    const foreign = await given(as.america).package()
    const theirs = (await given(as.america).version(foreign.releasePackageId)).releaseVersionId
    const { releaseFileId: id } = await make.file(home, version, { label: 'mine' })
    for (const wrong of [pathOf(home, other, id), pathOf(foreign.releasePackageId, version, id)]) {
      expectError(await as.admin.get(wrong), 404, texts.missing, wrong)
      expectError(await as.admin.delete(wrong), 404, texts.missing, wrong)
    }
    // Staff of another member cannot reach it through a version of their own.
    const through = `${pathOf(foreign.releasePackageId, theirs)}/releaseFiles`
    expectError(await as.america.put(through, { releaseFileId: id, label: 'taken' }), 404, texts.missing, through)
    expect((await as.sweden.get(pathOf(home, version, id))).body.label).toBe('mine')
  })

  test('is added, changed and deleted by staff of the member and by administrators only', async () => {
    const { releaseFileId } = await make.file(home, version)
    const path = `${files}/${releaseFileId}`
    for (const [caller, status, message] of [
      ['anonymous', 401, texts.unauthenticated],
      ['user', 403, texts.denied],
      ['insider', 403, texts.denied],
      ['stranger', 403, texts.denied],
      ['america', 403, texts.denied],
    ] as const) {
      expectError(await as[caller].post(files, {}), status, message, files)
      expectError(await as[caller].put(files, { releaseFileId }), status, message, files)
      expectError(await as[caller].delete(path), status, message, path)
    }
    const gone = await as.admin.delete(path)
    expect([gone.status, gone.text]).toEqual([200, ''])
    expectError(await as.admin.delete(path), 404, texts.missing, path)
  })

  test('is checked for where it lies', async () => {
    const online = (await make.version(home, { releaseType: 'online' })).releaseVersionId
    const check = async (downloadUrl: string | null) => {
      const { releaseFileId } = await make.file(home, online, { downloadUrl })
      const { status, text, headers } = await as.user.get(`${pathOf(home, online, releaseFileId)}/check`)
      expect([status, headers['content-type']]).toEqual([200, 'application/json'])
      return text
    }
    expect(await check('https://ihtsdo.example.org/x')).toBe('true')
    expect(await check('s3://ihtsdo-mlds.de/x')).toBe('true')
    expect(await check('https://files.example.org/x')).toBe('false')
    expect(await check(null)).toBe('false')
    expectError(await as.user.get(`${files}/999999/check`), 404, texts.missing)
    const { releaseFileId: unpublished } = await make.file(home, version, {
      downloadUrl: 'https://ihtsdo.example.org/x',
    })
    expectError(await as.user.get(`${files}/${unpublished}/check`), 404, texts.missing)
    expect((await as.insider.get(`${files}/${unpublished}/check`)).text).toBe('true')
    expectError(await as.anonymous.get(`${files}/999999/check`), 401, texts.unauthenticated)
  })

  test('leaves its entries in the trail', async () => {
    const own = (await make.package()).releasePackageId
    await as.sweden.put(pathOf(own), { name: `p${own}` })
    const { releaseVersionId } = await make.version(own, { name: 'v' })
    const first = await make.file(own, releaseVersionId, { label: 'first' })
    await make.file(own, releaseVersionId, { label: 'second' })
    await as.sweden.delete(pathOf(own, releaseVersionId, first.releaseFileId))
    await as.sweden.delete(pathOf(own, releaseVersionId))
    await as.sweden.delete(pathOf(own))
    const { types } = await trailOf(as.admin, own)
    expect(types.slice(0, 5)).toEqual([
      'RELEASE_PACKAGE_UPDATED',
      'RELEASE_VERSION_CREATED',
      'RELEASE_FILE_CREATED',
      'RELEASE_FILE_CREATED',
      'RELEASE_FILE_DELETED',
    ])
    expect(types.slice(5).toSorted()).toEqual([
      'RELEASE_FILE_DELETED',
      'RELEASE_PACKAGE_DELETED',
      'RELEASE_VERSION_DELETED',
    ])
  })
})
