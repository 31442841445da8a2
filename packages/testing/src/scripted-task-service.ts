import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { listen, readBody } from './http-listener.ts'
import { playStep, type TaskReport, type TaskServiceStep } from './task-service-step.ts'

/** `status` is `GET /status`; the others are the actions of `POST /tasks` of the Kids First Release Coordinator. */
export type TaskServiceAction = 'status' | 'initialize' | 'start' | 'publish' | 'cancel' | 'get_status'

export type TaskServiceRequest = {
  /** Text that the coordinator should not have sent is kept as it came. */
  readonly action: TaskServiceAction | (string & {})
  readonly taskId: string | undefined
  readonly releaseId: string | undefined
  readonly studies: readonly string[] | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
  /** Epoch milliseconds. */
  readonly at: number
}

export type TaskServiceOptions = {
  /** Base URL and token of the coordinator to report to with `PATCH /tasks/{id}`. Absent: it must poll. */
  readonly reportsTo?: { readonly url: string; readonly token?: string }
  /** Whether work is done as soon as it was asked for. Default true; false: a task works until `finish`. */
  readonly finishes?: boolean
  /** Whether an action that was done is refused with 400 when it comes again, as many real services do. Default false. */
  readonly once?: boolean
}

export type ScriptedTaskService = AsyncDisposable & {
  readonly url: string
  /** Everything that came in, in order. */
  readonly requests: readonly TaskServiceRequest[]
  received(action: TaskServiceRequest['action'], taskId?: string): readonly TaskServiceRequest[]
  /** State of a task in the service's own book. */
  stateOf(taskId: string): string | undefined
  /** Plays these steps for the next requests of an action, then the last one for ever. None: well behaved again. */
  on(action: TaskServiceAction, ...steps: readonly TaskServiceStep[]): void
  /** Ends the work on a task: `running` becomes `staged`, `publishing` becomes `published`; reported if it may be. */
  finish(taskId: string): Promise<void>
  /** Sends a report, true or not, and returns the coordinator's answer. */
  report(taskId: string, report: TaskReport): Promise<{ readonly status: number; readonly body: string }>
  /** Connections are refused until `accept`. */
  refuse(): Promise<void>
  accept(): Promise<void>
}

const accepted: Record<string, string> = {
  initialize: 'initialized',
  start: 'running',
  publish: 'publishing',
  cancel: 'canceled',
}
/** States in which a service that takes everything once accepts an action; undefined is that of an unknown task. */
const requiredState: Record<string, readonly (string | undefined)[]> = {
  initialize: [undefined],
  start: ['initialized'],
  publish: ['staged'],
}
const finished: Record<string, string> = { running: 'staged', publishing: 'published' }

/**
 * A task service as the Kids First Release Coordinator knows them, over real HTTP. It behaves well unless `on` says
 * otherwise: it accepts every action, is done at once, and tells when asked (or reports, with `reportsTo`).
 */
export async function scriptedTaskService(options: TaskServiceOptions = {}): Promise<ScriptedTaskService> {
  const { reportsTo, finishes = true, once = false } = options
  const requests: TaskServiceRequest[] = []
  const scripts = new Map<string, TaskServiceStep[]>()
  const states = new Map<string, string>()

  const nextStep = (action: string): TaskServiceStep => {
    const steps = scripts.get(action) ?? []
    return (steps.length > 1 ? steps.shift() : steps[0]) ?? {}
  }

  const report: ScriptedTaskService['report'] = async (taskId, body) => {
    if (!reportsTo) throw new Error('this task service was not told where to report to')
    const response = await fetch(`${reportsTo.url}/tasks/${taskId}`, {
      method: 'PATCH',
      headers: {
        'content-type': 'application/json',
        ...(reportsTo.token && { authorization: `Bearer ${reportsTo.token}` }),
      },
      body: JSON.stringify(body),
    })
    return { status: response.status, body: await response.text() }
  }

  const finish = async (taskId: string): Promise<void> => {
    const state = finished[states.get(taskId) ?? '']
    if (!state) return
    states.set(taskId, state)
    if (reportsTo) await report(taskId, { state, progress: 100 })
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const received = describe(request, await readBody(request))
    requests.push(received)
    const { action, taskId = '' } = received
    const again = once && requiredState[action] !== undefined && !requiredState[action].includes(states.get(taskId))
    const step = again ? { status: 400, body: `task ${taskId} is ${states.get(taskId)}` } : nextStep(action)
    if (step.reportFirst) await report(taskId, step.reportFirst)
    // A script that only delays still has the service do what it was asked.
    const obeys = step.obeys ?? (step.fault === undefined && (step.status ?? 200) < 400)
    const next = accepted[action]
    if (obeys && next) states.set(taskId, next)
    if (step.delayMs) await delay(step.delayMs)
    const state = states.get(taskId)
    playStep(step, response, action === 'status' ? health : facts(received, state))
    if (obeys && finishes) await finish(taskId)
  }

  const listener = await listen((request, response) => {
    answer(request, response).catch(error => response.destroy(error))
  })

  return {
    url: `http://127.0.0.1:${listener.port}`,
    requests,
    received: (action, taskId) =>
      requests.filter(request => request.action === action && (taskId === undefined || request.taskId === taskId)),
    stateOf: taskId => states.get(taskId),
    on: (action, ...steps) => void scripts.set(action, [...steps]),
    finish,
    report,
    refuse: listener.close,
    accept: listener.reopen,
    [Symbol.asyncDispose]: listener.close,
  }
}

const health = { name: 'scripted task service', message: 'does what it is told', version: '1.0.0' }

function facts({ taskId, releaseId }: TaskServiceRequest, state: string | undefined) {
  const progress = state === 'staged' || state === 'published' ? 100 : 0
  return { name: 'scripted task service', task_id: taskId, release_id: releaseId, state, progress }
}

function describe(request: IncomingMessage, text: string): TaskServiceRequest {
  const body = parsed(text)
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const word = (value: unknown) => (typeof value === 'string' ? value : undefined)
  const isStatus = request.method === 'GET' && request.url === '/status'
  return {
    action: isStatus ? 'status' : (word(fields.action) ?? `${request.method} ${request.url}`),
    taskId: word(fields.task_id),
    releaseId: word(fields.release_id),
    studies: Array.isArray(fields.studies) ? (fields.studies as string[]) : undefined,
    headers: request.headers,
    body,
    at: Date.now(),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
