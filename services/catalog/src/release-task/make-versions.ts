import { isFailure, leadingMember, type ReportedFile } from '@slipway/contracts'
import type { Queryable } from '@slipway/store'
import { insertFile } from '../file/file.store.ts'
import { type Author, lockPackage, type PackageRow } from '../package/package-write.ts'
import { boundPackages } from '../package-study/package-study.store.ts'
import { prepare } from '../sql.ts'
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
export async function lockIfThere(tx: Queryable, releasePackageId: number): Promise<PackageRow | undefined> {
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

const keepDigest = prepare<{ id: number; sha256: string }>()('release-task.keep-digest', (db, p) =>
  db.updateTable('release_file').set({ sha256: p.sha256 }).where('release_file_id', '=', p.id),
)

/** Makes the version of this release in the package of each of its studies: offline, with all that was made for it. */
export async function makeVersions(tx: Queryable, task: ReleaseTask, content: ReleaseContent): Promise<void> {
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
      if (file.sha256) await tx.query(keepDigest, { id, sha256: file.sha256 })
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
