import type { CallContext } from '@slipway/bus'
import { actorOf, type Checked, complete, type ErrorDetail, failure, type ReleaseFields } from '@slipway/contracts'
import { type Command, requireRole } from '@slipway/service'
import { rememberCommand, type Store } from '@slipway/store'
import type { Database } from '../database.ts'
import { readItem } from '../list-page.ts'
import { unknownStudy } from './create-release.ts'
import { firstUnknownStudy, releaseList } from './release.store.ts'
import { endedReleaseStates } from './release.ts'
import { type CurrentRelease, lockFields, updateFields } from './release-write.store.ts'

/**
 * Changes what people may change of a release: only the given fields, under its lock. What a release is about
 * (`studies`, `is_major`) is fixed once it has ended. Returns the body afterwards.
 * @throws `unauthenticated`, `forbidden`, `not_found`, `invalid`
 */
export async function updateRelease(
  store: Store<Database>,
  id: string,
  body: Checked<Partial<ReleaseFields>>,
  context: CallContext,
  command: Command | undefined,
): Promise<string> {
  const actor = actorOf(requireRole(context.identity, ['ADMIN'], 'Not allowed'))
  const unknown = await firstUnknownStudy(store.read, body.values.studies ?? [])
  return store.transaction(async tx => {
    const current = await lockFields(tx, id)
    if (!current) throw failure('not_found', 'Not found.')
    const problems = unknown === undefined ? fixedOnceEnded(current, body.values) : [unknownStudy(unknown)]
    const changed = changedFields(current, complete(body, problems))
    if (Object.keys(changed).length > 0) {
      await updateFields(tx, id, current, changed, { actor, traceparent: context.traceparent })
    }
    const updated = (await readItem(tx.query, releaseList, id, context.baseUrl)) as string
    if (command) await rememberCommand(tx, { ...command, status: 200, headers: {}, body: updated })
    return updated
  })
}

function fixedOnceEnded(current: CurrentRelease, given: Partial<ReleaseFields>): ErrorDetail[] {
  if (!endedReleaseStates.has(current.state)) return []
  const changed = changedFields(current, given)
  return (['studies', 'is_major'] as const)
    .filter(name => changed[name] !== undefined)
    .map(name => ({
      path: [name],
      reason: 'fixed',
      message: `Can not be changed once the release is ${current.state}.`,
    }))
}

function changedFields(current: CurrentRelease, given: Partial<ReleaseFields>): Partial<ReleaseFields> {
  const entries = Object.entries(given).filter(([name, value]) => {
    const before = current[name as keyof ReleaseFields]
    const now = name === 'studies' ? [...(value as string[])].sort() : value
    return JSON.stringify(name === 'studies' ? [...(before as string[])].sort() : before) !== JSON.stringify(now)
  })
  return Object.fromEntries(entries)
}
