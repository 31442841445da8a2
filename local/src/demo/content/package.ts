import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { failure } from '@slipway/contracts'
import type { PlatformApi } from '../platform-api.ts'
import type { Dictionary } from './dictionaries.ts'
import { member } from './people.ts'

export type ReleaseFile = {
  readonly label: string
  /** Digits. */
  readonly fileSize: string | null
  /** Path. */
  readonly clientDownloadUrl: string
}
export type PackageVersion = {
  readonly releaseVersionId: number
  readonly name: string
  readonly online: boolean
  readonly releaseFiles: readonly ReleaseFile[]
}
export type ReleasePackage = {
  readonly releasePackageId: number
  readonly name: string
  readonly member: { readonly key: string }
  readonly releaseVersions: readonly PackageVersion[]
}

const all = '/api/releasePackages'

/** Makes sure of the package of a dictionary: its licence, and that releases of the study fill it. Returns its id. */
export async function ensurePackage(api: PlatformApi, dictionary: Dictionary): Promise<number> {
  const { name } = dictionary.source
  const packages = await api.call<ReleasePackage[]>('GET', all)
  const known = packages.find(one => one.name === name && one.member.key === member)
  const { releasePackageId } =
    known ??
    (await api.call<ReleasePackage>('POST', all, { name, member: { key: member }, copyrights: dictionary.org.name }))
  const path = `${all}/${releasePackageId}`
  await api.call('PUT', `${path}/study`, { study: dictionary.study.kf_id })
  await ensureLicence(api, `${path}/license`, dictionary.licence)
  return releasePackageId
}

async function ensureLicence(api: PlatformApi, path: string, file: string): Promise<void> {
  const known = await api.open('GET', path)
  await known.body?.cancel()
  if (known.status !== 204) return
  const form = new FormData()
  form.set('file', new Blob([await readFile(file)], { type: 'text/plain' }), `${basename(file)}.txt`)
  const answer = await api.open('POST', path, { body: form })
  if (!answer.ok) throw failure('bad_upstream', `POST ${path}: ${answer.status} ${await answer.text()}`)
  await answer.body?.cancel()
}

/** The versions of a package that the caller may see. */
export async function versionsOf(api: PlatformApi, releasePackageId: number): Promise<readonly PackageVersion[]> {
  return (await api.call<ReleasePackage>('GET', `${all}/${releasePackageId}`)).releaseVersions
}
