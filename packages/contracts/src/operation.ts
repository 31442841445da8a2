import type { z } from 'zod'
import type { ServiceAudience } from './audience.ts'
import type { ErrorCode } from './error.ts'
import type { ReadAudience } from './read-audience.ts'
import { type ServiceName, serviceNames } from './service-name.ts'

export { type ServiceName, serviceNames }

/** How bytes flow: one message each way, a sequence of messages back, or a sequence of messages there. */
export type OperationFlow = 'unary' | 'streamed-answer' | 'streamed-request'

/** Codes that any operation may answer, beside those it declares. */
export const commonErrors = ['invalid', 'internal', 'unavailable', 'busy', 'timeout'] as const satisfies ErrorCode[]

/** One request-and-reply operation of a service. Declared once; client, server and descriptions derive from it. */
export type Operation<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> = {
  readonly service: ServiceName
  readonly noun: string
  readonly verb: string
  /** `slipway.v1.<service>.<noun>.<verb>`, queue group = service. */
  readonly subject: string
  readonly summary: string
  /** `write` operations carry a command id: a repeated command is answered, not done twice. */
  readonly effect: 'read' | 'write'
  /** Who may read what a `read` answers, or which services may `write`; null of any other write, whose handler says who may. */
  readonly audience: ReadAudience | null
  readonly flow: OperationFlow
  readonly input: Input
  /** Shape of the success body, which is the final HTTP body. `z.void()`: no body. */
  readonly output: Output
  /** Codes beyond `commonErrors`. */
  readonly errors: readonly ErrorCode[]
}

type Declaration<Input, Output> = {
  readonly summary: string
  readonly flow?: OperationFlow
  readonly input: Input
  readonly output: Output
  readonly errors?: readonly ErrorCode[]
} & (
  | { readonly effect: 'read'; readonly audience: ReadAudience }
  | { readonly effect: 'write'; readonly audience?: ServiceAudience }
)

/** Declares an operation. `name` is `<service>.<noun>.<verb>` in kebab case. */
export function operation<Input extends z.ZodType, Output extends z.ZodType>(
  name: `${ServiceName}.${string}.${string}`,
  declaration: Declaration<Input, Output>,
): Operation<Input, Output> {
  const [service, noun, verb, ...rest] = name.split('.')
  if (!service || !noun || !verb || rest.length > 0) throw new Error(`not an operation name: ${name}`)
  return {
    service: service as ServiceName,
    noun,
    verb,
    subject: `slipway.v1.${name}`,
    summary: declaration.summary,
    effect: declaration.effect,
    audience: declaration.audience ?? null,
    flow: declaration.flow ?? 'unary',
    input: declaration.input,
    output: declaration.output,
    errors: declaration.errors ?? [],
  }
}

/** What a caller passes. */
export type InputOf<Op extends Operation> = z.input<Op['input']>
/** What a handler gets: the input after validation. */
export type ParsedInputOf<Op extends Operation> = z.output<Op['input']>
/** What a caller gets back. */
export type OutputOf<Op extends Operation> = z.output<Op['output']>
