import { type Queryable, setTimer } from '@slipway/store'
import { insertNotification, type Transaction } from '../notification/notification.store.ts'
import { notificationTimer } from '../notification/notify.ts'
import type { PackageRow } from '../package/package-write.ts'
import { lockVersion, type VersionRow } from '../version/lock-version.ts'
import { removeVersion, updateVersion } from '../version/version.store.ts'
import { author, lockIfThere, versionName } from './make-versions.ts'
import {
  forgetVersionsOf,
  type MadeVersion,
  noteAnnounced,
  type ReleaseTask,
  versionsMadeBy,
  versionsMadeFor,
} from './release-task.store.ts'

type Locked = { readonly made: MadeVersion; readonly parent: PackageRow; readonly row: VersionRow }

/** Versions that are still there: people may have removed some. */
async function* locked(tx: Queryable, versions: readonly MadeVersion[]): AsyncGenerator<Locked> {
  for (const made of versions) {
    const parent = await lockIfThere(tx, made.releasePackageId)
    const row = parent && (await lockVersion(tx, made.releaseVersionId, parent))
    if (row) yield { made, parent, row }
  }
}

/** Sets the versions of a task online, with today's date unless they have one. */
export async function publishVersions(tx: Queryable, task: ReleaseTask): Promise<void> {
  for await (const { parent, row } of locked(tx, await versionsMadeBy(tx, task))) {
    if (row.state === 'online') continue
    const values = { ...row, release_type: 'online', published_at: row.published_at ?? row.today }
    await updateVersion(tx, parent, row, values, author)
  }
}

/** Removes the versions of a task, in whatever state they are. */
export async function removeVersions(tx: Queryable, task: ReleaseTask): Promise<void> {
  for await (const { parent, row } of locked(tx, await versionsMadeBy(tx, task))) {
    await removeVersion(tx, parent, row, author)
  }
  await forgetVersionsOf(tx, task)
}

/**
 * A release is published, which nothing takes back: its versions get its final number, and affiliates are told, once,
 * however often this is called. Another number comes with a restored coordinator that had to give one anew: versions that
 * nobody has renamed get it, too.
 */
export async function announceVersions(
  tx: Transaction,
  release: { readonly id: string; readonly name: string; readonly version: string },
): Promise<void> {
  const name = versionName(release.name, release.version)
  const waiting = (await versionsMadeFor(tx, release.id)).filter(
    ({ announced, publishedAs }) => !announced || publishedAs !== release.version,
  )
  for await (const { made, parent, row } of locked(tx, waiting)) {
    const before = made.publishedAs === null ? made.name : versionName(release.name, made.publishedAs)
    if (row.name === before && row.name !== name) await updateVersion(tx, parent, row, { ...row, name }, author)
    if (made.announced) continue
    const { releaseVersionId, baseUrl } = made
    const { id } = await insertNotification(tx, { principal: author.principal, releaseVersionId, baseUrl })
    await setTimer(tx, { name: notificationTimer, key: String(id), payload: id })
  }
  await noteAnnounced(tx, release.id, release.version)
}
