import type { Platform, PlatformOptions } from '@slipway/local'
import { openStore, type Store } from '@slipway/store'
import { captureLog, eventually, type FileOrigin, fileOrigin } from '@slipway/testing'
import { afterAll, beforeAll } from 'vitest'
import { startTestPlatform } from '../../support/start-test-platform.ts'
import { type Download, type DownloadRequest, download } from './http.ts'

const adminToken = 'downloads-administrator-token'

/** Who calls in these tests; each has a token of its own name. */
const accounts = [
  { login: 'sten', token: 'token-of-sten', roles: ['ROLE_STAFF'], member: 'SE' },
  { login: 'nils', token: 'token-of-nils', roles: ['ROLE_STAFF'], member: 'NZ' },
  { login: 'insider', token: 'token-of-insider', roles: ['ROLE_MEMBER'], member: 'IHTSDO' },
  { login: 'ann', token: 'token-of-ann', email: 'ann@example.org', roles: ['ROLE_USER'], member: 'SE' },
  { login: 'bob', token: 'token-of-bob', email: 'bob@example.org', roles: ['ROLE_USER'], member: 'SE' },
]

export type Person = 'admin' | 'sten' | 'nils' | 'insider' | 'ann' | 'bob' | 'nobody'

export function authorizationOf(person: Person): Record<string, string> {
  if (person === 'nobody') return {}
  return { authorization: `Bearer ${person === 'admin' ? adminToken : `token-of-${person}`}` }
}

export type Answer = {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: bodies of a JSON API
  readonly body: any
}

export type NewFile = {
  readonly url: string
  readonly member?: string
  readonly releaseType?: string
  readonly label?: string
}

export type PlacedFile = {
  readonly packageId: number
  readonly versionId: number
  readonly fileId: number
  /** Path under which it is downloaded. */
  readonly path: string
}

export type Trail = {
  readonly type: string
  readonly principal: string
  readonly data: Readonly<Record<string, string>>
  readonly affiliate_id: number | null
}

export type World = {
  readonly platform: Platform
  readonly origin: FileOrigin
  /** Of the catalog, for what the API offers no way to set up or to see. */
  readonly store: Store
  call(person: Person, method: string, path: string, body?: unknown): Promise<Answer>
  /** A file in a package and a version of its own. */
  place(file: NewFile): Promise<PlacedFile>
  get(person: Person, file: PlacedFile, request?: DownloadRequest): Promise<Download>
  /** What the trail says of downloads of a file, as soon as there are so many. */
  downloadsOf(file: PlacedFile, count: number): Promise<Trail[]>
}

/** A platform and an origin of files for one test file. */
export function world(options: (opened: AsyncDisposableStack) => Promise<PlatformOptions> = async () => ({})): World {
  const running = {} as { -readonly [Part in keyof World]: World[Part] }
  const opened = new AsyncDisposableStack()
  beforeAll(async () => {
    running.origin = opened.use(await fileOrigin())
    const platform = opened.use(await startTestPlatform({ adminToken, accounts, ...(await options(opened)) }))
    running.platform = platform
    const log = captureLog().log
    running.store = opened.use(
      await openStore({ url: platform.databaseUrl('catalog'), log, name: 'tests', patienceMs: 10_000 }),
    )
  })
  afterAll(() => opened.disposeAsync())

  running.call = async (person, method, path, body) => {
    const response = await fetch(running.platform.url + path, {
      method,
      headers: { ...authorizationOf(person), ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
  }
  const made = async (path: string, body: object): Promise<Record<string, number>> => {
    const answer = await running.call('admin', 'POST', path, body)
    if (answer.status !== 200) throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  running.place = async ({ url, member = 'IHTSDO', releaseType = 'online', label = 'File' }) => {
    const all = '/api/releasePackages'
    const { releasePackageId } = await made(all, { name: 'Package', member: { key: member } })
    const versions = `${all}/${releasePackageId}/releaseVersions`
    const { releaseVersionId } = await made(versions, { name: 'Version', releaseType })
    const files = `${versions}/${releaseVersionId}/releaseFiles`
    const { releaseFileId } = await made(files, { label, downloadUrl: url })
    return {
      packageId: releasePackageId as number,
      versionId: releaseVersionId as number,
      fileId: releaseFileId as number,
      path: `${files}/${releaseFileId}/download`,
    }
  }
  running.get = (person, file, request = {}) =>
    download(running.platform.url + file.path, {
      ...request,
      headers: { ...authorizationOf(person), ...request.headers },
    })
  running.downloadsOf = ({ fileId }, count) =>
    eventually(async () => {
      const rows = await running.store.read<Trail>(
        {
          name: 'trail',
          text: `select type, principal, data, affiliate_id from audit_event
            where type = 'RELEASE_FILE_DOWNLOADED' and release_file_id = $1 order by audit_event_id`,
        },
        [fileId],
      )
      return rows.length >= count && rows
    })
  return running
}
