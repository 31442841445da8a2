import type { CallContext } from '@slipway/bus'
import {
  actorOf,
  type Checked,
  complete,
  failure,
  type Identity,
  idPrefixes,
  newId,
  type ReleaseFields,
} from '@slipway/contracts'
import { type Command, hasRole, requireSignedIn } from '@slipway/service'
import { isUniqueViolation, rememberCommand, type Store } from '@slipway/store'
import type { Database } from '../database.ts'
import { readItem } from '../list-page.ts'
import { firstUnknownStudy, releaseList } from './release.store.ts'
import { insertRelease } from './release-write.store.ts'
import { greatestVersion, lockVersionNumbers } from './version.store.ts'
import { candidateVersion } from './version.ts'

const attempts = 3

/**
 * Starts a release: the row, its version and the command that gets it going, in one transaction. Returns its body.
 * @throws `unauthenticated`, `forbidden`, `invalid`
 */
export async function createRelease(
  store: Store<Database>,
  body: Checked<ReleaseFields>,
  context: CallContext,
  command: Command | undefined,
): Promise<string> {
  const identity = requireSignedIn(context.identity)
  requireRightToStart(identity, body)
  const unknown = await firstUnknownStudy(store.read, body.values.studies ?? [])
  const fields = complete(body, unknown === undefined ? [] : [unknownStudy(unknown)])
  const by = { actor: actorOf(identity), traceparent: context.traceparent }

  for (let attempt = 1; ; attempt += 1) {
    const id = newId(idPrefixes.release)
    try {
      return await store.transaction(async tx => {
        await lockVersionNumbers(tx)
        await insertRelease(tx, { id, ...fields }, candidateVersion(await greatestVersion(tx)), by)
        const created = (await readItem(tx.query, releaseList, id, context.baseUrl)) as string
        if (command) await rememberCommand(tx, { ...command, status: 201, headers: {}, body: created })
        return created
      })
    } catch (error) {
      if (!isUniqueViolation(error, 'release_pkey') || attempt >= attempts) throw error
    }
  }
}

/** Administrators may release every study, users those whose groups they are in. */
function requireRightToStart(identity: Identity, body: Checked<ReleaseFields>): void {
  if (hasRole(identity, 'ADMIN')) return
  const { studies } = body.values
  const empty = body.problems.some(problem => problem.path[0] === 'studies' && problem.reason === 'empty')
  const own = empty || studies?.every(study => identity.groups.includes(study))
  if (!own) throw failure('forbidden', 'Not allowed')
}

/** What a body says about a study that does not exist. */
export function unknownStudy(id: string) {
  return { path: ['studies'], reason: 'does_not_exist', message: `Invalid pk "${id}" - object does not exist.` }
}
