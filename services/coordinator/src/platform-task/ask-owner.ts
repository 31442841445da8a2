import type { CallContext } from '@slipway/bus'
import { idPattern } from '@slipway/contracts'
import type { CatchUp } from '@slipway/service'
import type { Database } from '../database.ts'
import { kindOfPrefix } from './job-kinds.ts'
import { platformTaskConsumer } from './project.ts'

/** Milliseconds for an owner to say what it knows of a task. */
const answerMs = 2_000

/**
 * Has the service that a task belongs to (the prefix of its id says which) tell the events of it: for a task that was
 * started so recently that they are on the way. False if it knows of none, and for ids of no other service.
 * @throws `unavailable`, `timeout` when the owner does not answer: nobody can say then that there is no such task
 */
export async function askOwner(
  catchUp: CatchUp<Database>,
  id: string,
  { traceparent }: Pick<CallContext, 'traceparent'>,
): Promise<boolean> {
  const kind = idPattern.test(id) ? kindOfPrefix(id.slice(0, 2)) : undefined
  if (!kind?.owner) return false
  const followed = { source: kind.owner, noun: kind.noun, aggregate: id }
  return (await catchUp(platformTaskConsumer, followed, { traceparent, timeoutMs: answerMs })) > 0
}
