import type { OperationHandler } from '@slipway/bus'
import {
  actorOf,
  complete,
  failure,
  type Identity,
  mayWritePdc,
  type PdcAction,
  releaseTemplateOperations,
  scheduleResource,
} from '@slipway/contracts'
import { handlerOf, hasRole, requireSignedIn, writeHandler } from '@slipway/service'
import type { Store } from '@slipway/store'
import { lockScheduleDay, putTemplate, readTemplate, removeTemplate } from './release-template.store.ts'

/** The releases that schedules start. `enabled`: this platform starts them. */
export function releaseTemplateHandlers(store: Store, enabled: boolean): OperationHandler[] {
  const { get, put, delete: remove } = releaseTemplateOperations

  return [
    handlerOf(get, async ({ schedule }) => {
      const template = await readTemplate(store.query, idOf(schedule))
      if (!template) throw notFound()
      return { body: { ...template, enabled } }
    }),
    writeHandler(store, put, async (tx, { schedule, body }, { identity }) => {
      const caller = requireRight(identity, 'update')
      if (caller.bounded) throw failure('forbidden', boundedText)
      const id = idOf(schedule)
      const day = await lockScheduleDay(tx, id)
      if (!day) throw notFound()
      const fields = complete(body)
      // The right counts when the template is written: on the day nobody is there to be asked.
      if (!mayRelease(caller, fields.studies)) throw failure('forbidden', 'You may not release these studies.')
      const before = await readTemplate(tx.query, id)
      if (before?.release) throw failure('conflict', `The release ${before.release} was started already.`)
      if (day.over) throw failure('refused', 'The day of the schedule is over.')
      await putTemplate(tx, id, fields, actorOf(caller))
      return { body: { ...(await readTemplate(tx.query, id)), enabled } }
    }),
    writeHandler(store, remove, async (tx, { schedule }, { identity }) => {
      requireRight(identity, 'delete')
      if (!(await removeTemplate(tx, idOf(schedule)))) throw notFound()
      return { status: 204 }
    }),
  ]
}

const boundedText =
  'A token with scopes or an end cannot have a schedule start a release: it may end before the day comes.'
const notFound = () => failure('not_found', 'Not found.')

function idOf(text: string): number {
  const id = /^\d{1,15}$/.test(text) ? Number(text) : undefined
  if (id === undefined) throw notFound()
  return id
}

/** Templates are written by whoever may write schedules. */
function requireRight(identity: Identity | null, action: PdcAction): Identity {
  const caller = requireSignedIn(identity)
  if (mayWritePdc(caller, scheduleResource.segment, action)) return caller
  throw failure('forbidden', 'You do not have permission to perform this action.')
}

/** The rule of the release coordinator: administrators every study, others those that they are in the group of. */
const mayRelease = (identity: Identity, studies: readonly string[]) =>
  hasRole(identity, 'ADMIN') || studies.every(study => identity.groups.includes(study))
