import type { OperationHandler } from '@slipway/bus'
import { actorOf, complete, idPrefixes, newId, scheduledReleaseOperations } from '@slipway/contracts'
import { handlerOf, requireRole } from '@slipway/service'
import { isUniqueViolation, type Queryable, type Store } from '@slipway/store'
import type { Database } from '../database.ts'
import { unknownStudy } from '../release/create-release.ts'
import { firstUnknownStudy } from '../release/release.store.ts'
import { insertRelease } from '../release/release-write.store.ts'
import { greatestVersion, lockVersionNumbers } from '../release/version.store.ts'
import { candidateVersion } from '../release/version.ts'
import { prepare } from '../sql.ts'

const find = prepare<{ id: string }>()('scheduled-release.find', (db, p) =>
  db.selectFrom('scheduled_release').select('release').where('id', '=', p.id),
)
const keep = prepare<{ id: string; release: string }>()('scheduled-release.keep', (db, p) =>
  db.insertInto('scheduled_release').values({ id: p.id, release: p.release }),
)

/** A random id can be taken already. */
const attempts = 3

/**
 * Releases that start by themselves. The id is kept for good with the release, unlike those of other commands: who asks
 * may have been away for long.
 */
export function scheduledReleaseHandlers(store: Store<Database>, kick: () => void): OperationHandler[] {
  return [
    handlerOf(scheduledReleaseOperations.create, async ({ id, author, body }, context) => {
      const actor = actorOf(requireRole(context.identity, ['ADMIN'], 'Must be an admin'))
      const known = await releaseOf(store.query, id)
      if (known !== undefined) return { status: 200, body: { kf_id: known } }

      const unknown = await firstUnknownStudy(store.read, body.values.studies ?? [])
      const fields = complete(body, unknown === undefined ? [] : [unknownStudy(unknown)])
      const by = { actor, traceparent: context.traceparent }
      const start = () =>
        store.transaction(async tx => {
          // The lock makes one of two that ask at once the second one, who then finds the release.
          await lockVersionNumbers(tx)
          const made = await releaseOf(tx.query, id)
          if (made !== undefined) return made
          const kf_id = newId(idPrefixes.release)
          const version = candidateVersion(await greatestVersion(tx))
          await insertRelease(tx, { id: kf_id, author, ...fields }, version, by)
          await tx.query(keep, { id, release: kf_id })
          return kf_id
        })
      for (let attempt = 1; ; attempt += 1) {
        try {
          const kf_id = await start()
          kick()
          return { status: 201, body: { kf_id } }
        } catch (error) {
          if (!isUniqueViolation(error, 'release_pkey') || attempt >= attempts) throw error
        }
      }
    }),
  ]
}

async function releaseOf(query: Queryable['query'], id: string): Promise<string | undefined> {
  const [row] = await query(find, { id })
  return row?.release
}
