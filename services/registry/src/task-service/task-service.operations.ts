import type { Answer, CallContext, OperationHandler } from '@slipway/bus'
import {
  actorOf,
  type Checked,
  complete,
  failure,
  idPattern,
  type Operation,
  taskServiceOperations as operations,
} from '@slipway/contracts'
import { type Command, commandOf, handlerOf, requireRole, type ServiceToken, type TellFollower } from '@slipway/service'
import { findCommand, type Store } from '@slipway/store'
import { pageBody } from './page-body.ts'
import type { AskStatusPage } from './status-page.ts'
import {
  type Change,
  createTaskService,
  deleteTaskService,
  listTaskServices,
  readTaskService,
  type TaskServiceFields,
  takeTurn,
  updateTaskService,
} from './task-service.store.ts'
import { enabledFilter, urlProblems, writers } from './task-service.ts'

export type TaskServiceOperationsOptions = {
  readonly store: Store
  readonly askStatusPage: AskStatusPage
  readonly token: Pick<ServiceToken, 'anonymousHeaders'>
  /** Who shows task services, and is to show each write at once. */
  readonly tellFollower: TellFollower
}

/** Redirects followed from a url to its status page. */
const redirects = 10

/**
 * Operations of task services. Anybody may read. A write is refused for the caller's missing rights first, then for an
 * unknown service, then for everything that is wrong with its fields at once.
 */
export function taskServiceOperations({
  store,
  askStatusPage,
  token,
  tellFollower,
}: TaskServiceOperationsOptions): OperationHandler[] {
  /** The fields of a body; a url in it that is well-formed must lead to a status page. */
  async function checked<Fields extends Partial<TaskServiceFields>>(body: Checked<Fields>, signal: AbortSignal) {
    const { url } = body.values
    if (url === undefined) return complete(body, [])
    // By the name of all later calls, but without the token: nobody knows yet whose address that is.
    const headers = await token.anonymousHeaders()
    return complete(body, urlProblems(url, await askStatusPage({ url, headers, redirects, signal })))
  }

  /**
   * What a write starts with: who makes it, and the answer if it was already made. That is looked up beforehand,
   * because a repeat need not find what it deleted, nor a service that still answers.
   */
  async function begin(operation: Operation, input: unknown, context: CallContext) {
    const identity = requireRole(context.identity, writers.roles, writers.refusal)
    const command = commandOf(operation, input, context)
    const change: Change = { actor: actorOf(identity), traceparent: context.traceparent, command }
    return { change, repeated: command && (await firstAnswer(store, command)) }
  }

  async function existing(kf_id: string): Promise<string> {
    return found(idPattern.test(kf_id) ? await readTaskService(store, kf_id) : undefined)
  }

  async function writeFields(
    operation: Operation,
    input: { readonly kf_id: string; readonly body: Checked<Partial<TaskServiceFields>> },
    context: CallContext,
  ): Promise<Answer<never>> {
    const { kf_id } = input
    const { change, repeated } = await begin(operation, input, context)
    if (repeated) return seen(repeated, kf_id, context)
    const turn = await takeTurn(store)
    await existing(kf_id)
    const fields = await checked(input.body, context.signal)
    return seen(
      { body: { raw: found(await updateTaskService(store, kf_id, fields, { ...change, turn })) } },
      kf_id,
      context,
    )
  }

  /** Answers a write when others show it, also when it was made before and its answer was lost. */
  async function seen(answer: Answer<never>, kf_id: string, { traceparent }: CallContext): Promise<Answer<never>> {
    await tellFollower(kf_id, traceparent)
    return answer
  }

  return [
    handlerOf(operations.list, async (request, { baseUrl }) => {
      const page = await listTaskServices(store, request, enabledFilter(request.enabled))
      return { body: pageBody(`${baseUrl}/task-services`, request, page) }
    }),

    handlerOf(operations.get, async ({ kf_id }) => ({ body: { raw: await existing(kf_id) } })),

    handlerOf(operations.create, async (input, context) => {
      const { change, repeated } = await begin(operations.create, input, context)
      if (repeated) return repeated
      const fields = await checked(input.body, context.signal)
      const raw = await createTaskService(store, fields, change)
      return seen({ status: 201, body: { raw } }, JSON.parse(raw).kf_id, context)
    }),

    handlerOf(operations.replace, (input, context) => writeFields(operations.replace, input, context)),

    handlerOf(operations.update, (input, context) => writeFields(operations.update, input, context)),

    handlerOf(operations.delete, async (input, context) => {
      const { change, repeated } = await begin(operations.delete, input, context)
      const { kf_id } = input
      if (repeated) return seen(repeated, kf_id, context)
      if (!idPattern.test(kf_id) || !(await deleteTaskService(store, kf_id, change))) throw unknown()
      return seen({ status: 204 }, kf_id, context)
    }),
  ]
}

function found(body: string | undefined): string {
  if (body === undefined) throw unknown()
  return body
}

const unknown = () => failure('not_found', 'Not found.')

/** Undefined if the command is new, or was used for something else, which the write itself will find out. */
async function firstAnswer(store: Store, { id, fingerprint }: Command): Promise<Answer<never> | undefined> {
  const done = await findCommand(store, id)
  if (done?.fingerprint !== fingerprint) return undefined
  return { status: done.status, ...(done.body && { body: { raw: done.body } }) }
}
