import { isFailure, leadingMember, type ReportedFile } from '@slipway/contracts'
import type { AnyTx, Statement } from '@slipway/store'
import { insertFile } from '../file/file.store.ts'
import { type Author, lockPackage, type PackageRow } from '../package/package-write.ts'
import { boundPackages } from '../package-study/package-study.store.ts'
import { insertVersion } from '../version/version.store.ts'
import { noteVersion, packagesWithVersionFor, type ReleaseTask } from './release-task.store.ts'

export type ReleaseContent = {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly studies: readonly string[]
  readonly files: readonly ReportedFile[]
}

/** Who makes the versions of releases: nobody in person. */
export const author: Author = {
  viewer: { kind: 'admin', member: leadingMember, login: 'system' },
  principal: 'system',
  actor: 'system',
  traceparent: undefined,
}

/** Undefined: the package was taken away. */
export async function lockIfThere(tx: AnyTx, releasePackageId: number): Promise<PackageRow | undefined> {
  try {
    return await lockPackage(tx, releasePackageId, author)
  } catch (error) {
    if (isFailure(error, 'not_found')) return undefined
    throw error
  }
}

const longestName = 255

/** Of a version; the number is the release's candidate until the release is published. */
export const versionName = (name: string, version: string): string =>
  `${name.slice(0, longestName - version.length - 1)} ${version}`

const keepDigest: Statement = {
  name: 'release-task.keep-digest',
  text: 'update release_file set sha256 = $2 where release_file_id = $1',
}

/** Makes the version of this release in the package of each of its studies: offline, with all that was made for it. */
export async function makeVersions(tx: AnyTx, task: ReleaseTask, content: ReleaseContent): Promise<void> {
  const name = versionName(content.name, content.version)
  const done = await packagesWithVersionFor(tx, task.release)
  for (const { releasePackageId, study, baseUrl } of await boundPackages(tx, content.studies)) {
    if (done.has(releasePackageId)) continue
    const parent = await lockIfThere(tx, releasePackageId)
    if (!parent) continue
    const values = { ...noValues, name, description: content.description || null }
    const releaseVersionId = await insertVersion(tx, parent, values, author)
    for (const file of content.files.filter(one => (one.study ?? study) === study)) {
      const id = await insertFile(tx, { parent, releaseVersionId, author }, fieldsOf(file))
      if (file.sha256) await tx.query(keepDigest, [id, file.sha256])
    }
    await noteVersion(tx, task, { releasePackageId, releaseVersionId, name, baseUrl })
  }
}

const noValues = {
  summary: null,
  release_type: 'offline',
  published_at: null,
  version_uri: null,
  version_dependent_uri: null,
  version_dependent_derivative_uri: null,
  package_type: null,
}

const fieldsOf = ({ name, label, url, md5, size, primary }: ReportedFile) => ({
  label: label ?? name,
  downloadUrl: url,
  md5Hash: md5 ?? null,
  fileSize: size === null || size === undefined ? null : String(size),
  primaryFile: primary ?? false,
})
