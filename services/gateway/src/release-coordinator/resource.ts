import type { Operation, SlipwayError } from '@slipway/contracts'
import type { z } from 'zod'
import { type FormRules, formRules } from './body.ts'
import type { Right } from './rights.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** One method of a path and the operation that answers it. */
export type Route = {
  readonly operation: Operation
  /** How a form is read. Absent: the body is not looked at, whatever it is. */
  readonly form?: FormRules
  /** Overrides the right of the resource. */
  readonly right?: Right
  /** Milliseconds until the caller is told that the answer did not come in time. */
  readonly timeoutMs: number
  /** The body of an error, where it is another one than this API's. */
  readonly errorBody?: (error: SlipwayError) => unknown
}

/** A path and what can be done with it. */
export type Resource = {
  /** With parameters: `/tasks/:kf_id`. */
  readonly path: string
  /** Title of its description. */
  readonly name: string
  /** Value of the `Allow` header. The order is that of the original. */
  readonly allow: string
  /** Who may write to it. Also asked for methods that the path does not know, before saying so. */
  readonly right: Right
  readonly methods: Partial<Record<Method, Route>>
}

const readMs = 5_000
const writeMs = 15_000

export function read(operation: Operation): Route {
  return { operation, timeoutMs: readMs }
}

/** A write that looks at no body. */
export function act(operation: Operation, more: Partial<Route> = {}): Route {
  return { operation, timeoutMs: writeMs, ...more }
}

/** An operation with a body; `whole` is the one that takes all fields, for what is known of them. */
export type WithBody = Operation<z.ZodObject<{ body: z.ZodType }>>

export function write(operation: WithBody, whole: WithBody = operation, more: Partial<Route> = {}): Route {
  return { operation, form: formRules(whole.input.shape.body), timeoutMs: writeMs, ...more }
}

export const allow = {
  list: 'GET, POST, HEAD, OPTIONS',
  item: 'GET, PUT, PATCH, DELETE, HEAD, OPTIONS',
  readOnly: 'GET, HEAD, OPTIONS',
  action: 'POST, OPTIONS',
} as const
