import type { CallOptions } from '@slipway/bus'
import { failure, type Operation } from '@slipway/contracts'
import type { TellFollower } from '@slipway/service'
import type { Store } from '@slipway/store'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type ApiOptions, callOptions } from '../api/api-options.ts'
import { allowOf, type Handler, servePath } from '../api/serve-path.ts'
import type { Caller } from '../identity/authenticator.ts'

export type SourceExportsOptions = ApiOptions & {
  /** Of the gateway: accounts and their tokens. */
  readonly store: Store
  /** Called after accounts or tokens changed. */
  readonly announceChange: () => Promise<void>
  /** Has the catalog show at once what an account is by now. */
  readonly showAccount: TellFollower
}

/** Freezing a large source takes its time. */
const limits = { readMs: 15_000, writeMs: 60_000 }

/** How an operation is called for a request. */
export const callOf = (
  options: SourceExportsOptions,
  request: FastifyRequest,
  caller: Caller | null,
  operation: Pick<Operation, 'effect'>,
): Promise<CallOptions> => callOptions(options, request, caller, operation, limits)

/** Serves a path with these methods, HEAD and OPTIONS. */
export function route(
  app: FastifyInstance,
  path: string,
  methods: readonly string[],
  handler: Handler,
  /** Bytes of a body at most. Default: the server's. */
  bodyLimit?: number,
): void {
  const headers = { allow: allowOf(methods) }
  servePath(app, path, {
    headers: () => headers,
    ...(bodyLimit !== undefined && { bodyLimit }),
    async handler(request, reply) {
      if (request.method === 'OPTIONS') return reply.code(200).header('content-length', '0').send()
      return handler(request, reply)
    },
  })
}

export const methodNotAllowed = ({ method }: FastifyRequest) =>
  failure('method_not_allowed', `Method '${method}' not allowed.`)
