import type { Bus, CallContext } from '@slipway/bus'
import { idPattern, serviceOperations } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import type { Database } from '../database.ts'
import { kindOfPrefix } from './job-kinds.ts'
import { changesOfEnvelopes, projectChanges } from './project.ts'

/** Milliseconds for an owner to say what it knows of a task. */
const answerMs = 2_000

/**
 * Has the service that a task belongs to (the prefix of its id says which) tell the events of it, and takes them over:
 * for a task that was started so recently that its events are on the way. Nothing happens for ids of no other service.
 * @throws `unavailable`, `timeout` when the owner does not answer: nobody can say then that there is no such task
 */
export async function askOwner(
  store: Store<Database>,
  bus: Bus,
  id: string,
  { traceparent }: CallContext,
): Promise<boolean> {
  const kind = idPattern.test(id) ? kindOfPrefix(id.slice(0, 2)) : undefined
  if (!kind?.owner) return false
  const { recorded } = serviceOperations(kind.owner)
  const input = { noun: kind.noun, aggregate: id }
  const { events } = await bus.call(recorded, input, { traceparent, timeoutMs: answerMs })
  const changes = changesOfEnvelopes(events as never)
  await store.transaction(tx => projectChanges(tx, changes))
  return changes.length > 0
}
