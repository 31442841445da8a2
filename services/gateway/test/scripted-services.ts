import { type Bus, type CallContext, connectBus, type OperationHandler } from '@slipway/bus'
import {
  type Checked,
  complete,
  logEventOperations,
  type Operation,
  releaseNoteOperations,
  releaseOperations,
  studyOperations,
  taskOperations,
  taskServiceOperations,
} from '@slipway/contracts'
import { createIdentify, followRevocations } from '@slipway/service'
import { captureLog } from '@slipway/testing'

export type Call = {
  /** `coordinator.release.get` */
  readonly operation: string
  /** A body is what could be read of it. */
  readonly input: Record<string, unknown>
  readonly login: string | null
  readonly baseUrl: string
  readonly commandId: string | undefined
  readonly traceparent: string | undefined
}

type Scripted = (call: Call, context: CallContext) => Promise<unknown> | unknown

export type ScriptedServices = AsyncDisposable & {
  readonly bus: Bus
  /** Every call so far. */
  readonly calls: readonly Call[]
  /** From now on this operation answers so: a value is the body, an error is thrown. */
  script(operation: Operation, answer: Scripted): void
  reset(): void
}

const operations: Operation[] = [
  releaseOperations,
  releaseNoteOperations,
  taskOperations,
  taskServiceOperations,
  studyOperations,
  logEventOperations,
].flatMap(group => Object.values(group))

const nameOf = ({ service, noun, verb }: Operation) => `${service}.${noun}.${verb}`

/**
 * Answers all operations of the release coordinator over a real bus, with real checks of identity tokens and bodies. The
 * usual answer is the call itself, under the status of the real service.
 */
export async function startScriptedServices(natsUrl: string): Promise<ScriptedServices> {
  const { log } = captureLog()
  const bus = await connectBus({ servers: natsUrl, name: 'coordinator', version: '1.0.0', log })
  const calls: Call[] = []
  const scripts = new Map<string, Scripted>()

  const handlers = operations.map((operation): OperationHandler => {
    return {
      operation,
      async handle(input, context) {
        const call = callOf(operation, input as Record<string, unknown>, context)
        calls.push(call)
        const script = scripts.get(call.operation)
        if (script) return (await script(call, context)) as never
        if (operation.verb === 'delete') return {}
        return { status: operation.verb === 'create' ? 201 : 200, body: call as never }
      },
    }
  })
  await bus.serve(handlers, { queue: 'scripted', identify: createIdentify(bus, followRevocations(bus, log)) })
  return {
    bus,
    calls,
    script: (operation, answer) => void scripts.set(nameOf(operation), answer),
    reset() {
      calls.length = 0
      scripts.clear()
    },
    [Symbol.asyncDispose]: () => bus.close(),
  }
}

/** Like a real service, it refuses what is wrong with the body. */
function callOf(operation: Operation, input: Record<string, unknown>, context: CallContext): Call {
  const body = 'body' in input ? { body: complete(input.body as Checked<unknown>) } : {}
  return {
    operation: nameOf(operation),
    input: { ...input, ...body },
    login: context.identity?.login ?? null,
    baseUrl: context.baseUrl,
    commandId: context.commandId,
    traceparent: context.traceparent,
  }
}
