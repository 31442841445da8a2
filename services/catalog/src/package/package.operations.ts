import type { OperationHandler } from '@slipway/bus'
import { failure, type ReleasePackageChanges, releasePackageOperations, viewerOf } from '@slipway/contracts'
import { handlerOf } from '@slipway/service'
import type { Queryable, Store } from '@slipway/store'
import { requireMember } from '../member/unknown-member.ts'
import { accessDenied, notFound } from '../member/viewer.ts'
import { jsonTextArray } from '../records/json-array.ts'
import { inPieces } from '../records/read-handlers.ts'
import { entityTag, isKnown } from './entity-tag.ts'
import {
  insertPackage,
  isOnline,
  lockOrders,
  memberOfPackage,
  newPackage,
  removePackage,
  reorder,
  updatePackage,
} from './package.store.ts'
import { listPackages, listState, readPackage } from './package-reads.ts'
import { type Author, type Changed, lockPackage, packageWrite } from './package-write.ts'
import { sightOf } from './visibility.ts'

const { list, get, create, update, delete: remove } = releasePackageOperations

/** Release packages: what members offer. */
export function releasePackageHandlers(store: Store): OperationHandler[] {
  /** The member that the body names: administrators choose, what staff send is ignored. @throws `refused` */
  async function chosenMember({ viewer }: Author, { member }: Pick<ReleasePackageChanges, 'member'>) {
    if (viewer.kind !== 'admin' || member === undefined || member === null) return undefined
    const { key } = member as { key?: unknown }
    if (key === undefined || key === null) return undefined
    if (typeof key !== 'string') throw failure('invalid', 'member.key: must be a string')
    return requireMember(store, key)
  }

  return [
    handlerOf(list, async ({ ifNoneMatch }, { identity }) => {
      const sight = sightOf(viewerOf(identity))
      const { count, tag } = await listState(store, sight)
      const headers = { ETag: tag }
      if (isKnown(ifNoneMatch, tag)) return { status: 304, headers }
      return { headers, body: jsonTextArray(listPackages(store, sight, count)) }
    }),
    handlerOf(get, async ({ releasePackageId, ifNoneMatch }, { identity }) => {
      const sight = sightOf(viewerOf(identity))
      const shown = await readPackage(store.read, releasePackageId, sight)
      if (!shown) throw notFound()
      const tag = entityTag(shown.revision, sight)
      const headers = { ETag: tag }
      if (isKnown(ifNoneMatch, tag)) return { status: 304, headers }
      return inPieces(get, shown.body, { headers })
    }),
    packageWrite(store, create, async (tx, { body }, author) => {
      const member = (await chosenMember(author, body)) ?? author.viewer.member
      if (member === null) throw accessDenied()
      const { name = null, description = null, copyrights = null, releasePackageURI: uri = null } = body
      await lockOrders(tx, [member])
      const priority = await reorder(tx, { member, id: newPackage }, null, author)
      const values = { member, name, description, copyrights, uri, priority }
      return shownToAuthor(tx, await insertPackage(tx, values, author), author)
    }),
    packageWrite(store, update, async (tx, { releasePackageId: id, body, ifMatch }, author) => {
      const chosen = await chosenMember(author, body)
      if (body.priority !== undefined || chosen !== undefined) await lockOrdersOf(tx, id, chosen)
      const row = await lockPackage(tx, id, author, ifMatch)
      const member = chosen ?? row.member
      const { name, description, copyrights, releasePackageURI: uri } = body
      await updatePackage(
        tx,
        {
          ...row,
          member,
          name: name === undefined ? row.name : name,
          description: description === undefined ? row.description : description,
          copyrights: copyrights === undefined ? row.copyrights : copyrights,
          uri: uri === undefined ? row.uri : uri,
          priority: await priorityOf(tx, row, member, body.priority, author),
        },
        author,
      )
      return shownToAuthor(tx, id, author)
    }),
    packageWrite(store, remove, async (tx, { releasePackageId: id, ifMatch }, author) => {
      await lockPackage(tx, id, author, ifMatch)
      if (await isOnline(tx, id)) throw failure('conflict', 'A version of the package is online')
      await removePackage(tx, id, author)
      return {}
    }),
  ]
}

/**
 * Orders are locked before rows, here as everywhere, so that two requests hardly ever wait for each other (and where they
 * do, the database breaks the tie and the transaction runs again).
 */
async function lockOrdersOf(tx: Queryable, id: number, chosen: string | undefined): Promise<void> {
  let locked: string | undefined
  for (;;) {
    const member = await memberOfPackage(tx, id)
    if (member === undefined) throw notFound()
    // Unless it was moved by another request while this one waited, the order that is locked is the one that counts.
    if (member === locked) return
    await lockOrders(tx, chosen === undefined ? [member] : [member, chosen])
    locked = member
  }
}

/** A package that comes to another member is its last one, whatever number it had where it was. */
async function priorityOf(
  tx: Queryable,
  row: { readonly release_package_id: number; readonly member: string; readonly priority: number | null },
  member: string,
  requested: number | null | undefined,
  author: Author,
): Promise<number | null> {
  const target = { member, id: row.release_package_id }
  if (member !== row.member) return reorder(tx, target, null, author)
  if (requested === undefined || requested === row.priority) return row.priority
  return reorder(tx, target, requested, author)
}

/** The package as its author sees it after the change. */
async function shownToAuthor(tx: Queryable, id: number, { viewer }: Author): Promise<Changed> {
  const sight = sightOf(viewer)
  const shown = await readPackage(tx.query, id, sight)
  if (!shown) throw notFound()
  return { headers: { ETag: entityTag(shown.revision, sight) }, body: shown.body }
}
