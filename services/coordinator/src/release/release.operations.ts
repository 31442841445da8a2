import type { CallContext, OperationHandler } from '@slipway/bus'
import { actorOf, failure, releaseOperations } from '@slipway/contracts'
import { commandOf, handlerOf, hasRole, requireRole, requireSignedIn } from '@slipway/service'
import type { Store } from '@slipway/store'
import type { ReleaseCheck } from '../check/release-check.ts'
import type { Database } from '../database.ts'
import { listPage, readItem } from '../list-page.ts'
import { createRelease } from './create-release.ts'
import { isRefusal } from './decide.ts'
import { releaseList, studiesOfRelease } from './release.store.ts'
import type { ReleaseChanges } from './release-changes.ts'
import { updateRelease } from './update-release.ts'

export type ReleaseOperationsOptions = {
  readonly store: Store<Database>
  readonly changes: ReleaseChanges
  readonly check: () => ReleaseCheck | undefined
  /** Wakes the worker that carries out commands. */
  readonly kick: () => void
  readonly requireCheckRight: (context: CallContext) => void
}

/** Releases: read, start, change, cancel, publish. */
export function releaseHandlers(options: ReleaseOperationsOptions): OperationHandler[] {
  const { store, changes, check, kick, requireCheckRight } = options
  const { list, get, create, update, replace, cancel, publish } = releaseOperations

  return [
    handlerOf(list, async ({ state, ...page }, { baseUrl }) => {
      const request = { ...page, filters: { state: state || undefined }, base: baseUrl, url: `${baseUrl}/releases` }
      return { body: { raw: await listPage(store.read, releaseList, request) } }
    }),
    handlerOf(get, async ({ kf_id }, { baseUrl }) => {
      const body = await readItem(store.read, releaseList, kf_id, baseUrl)
      if (body === undefined) throw failure('not_found', 'Not found.')
      return { body: { raw: body } }
    }),
    handlerOf(create, async (input, context) => {
      const body = await createRelease(store, input.body, context, commandOf(create, input, context))
      kick()
      return { status: 201, body: { raw: body } }
    }),
    handlerOf(update, async (input, context) => {
      const command = commandOf(update, input, context)
      return { body: { raw: await updateRelease(store, input.kf_id, input.body, context, command) } }
    }),
    handlerOf(replace, async (input, context) => {
      const command = commandOf(replace, input, context)
      return { body: { raw: await updateRelease(store, input.kf_id, input.body, context, command) } }
    }),
    handlerOf(cancel, async (input, context) => {
      const actor = actorOf(requireRole(context.identity, ['ADMIN'], 'Not allowed'))
      const { finished } = await changes.submit(input.kf_id, {
        commands: [{ type: 'cancel', reason: 'request' }],
        actor,
        traceparent: context.traceparent,
        remember: commandOf(cancel, input, context),
        finish: tx => readItem(tx.query, releaseList, input.kf_id, context.baseUrl),
      })
      return { body: { raw: finished as string } }
    }),
    handlerOf(publish, async (input, context) => {
      const actor = await requireRightToPublish(store, input.kf_id, context)
      const { decision } = await changes.submit(input.kf_id, {
        commands: [{ type: 'publish' }],
        actor,
        traceparent: context.traceparent,
        remember: commandOf(publish, input, context),
        finish: async () => publishing,
      })
      if (isRefusal(decision)) {
        throw failure('refused', `The release in state ${decision.refused.from} may not be published.`)
      }
      return { body: { raw: publishing } }
    }),
    handlerOf(releaseOperations.check, async (_input, context) => {
      requireCheckRight(context)
      const count = (await check()?.runSoon()) ?? 0
      return { body: { status: 'ok' as const, message: `${count} releases to check` } }
    }),
  ]
}

const publishing = JSON.stringify({ message: 'publishing' })

/** Administrators may publish every release, users those that hold only studies of their groups. */
async function requireRightToPublish(store: Store<Database>, id: string, context: CallContext): Promise<string> {
  const identity = requireSignedIn(context.identity)
  if (hasRole(identity, 'ADMIN')) return actorOf(identity)
  const studies = await studiesOfRelease(store.read, id)
  if (studies.length === 0) throw failure('not_found', 'Not found.')
  if (!studies.every(study => identity.groups.includes(study))) throw failure('forbidden', 'Not allowed')
  return actorOf(identity)
}
