import type { CallOptions } from '@slipway/bus'
import type { Operation, RouteDescription } from '@slipway/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Caller } from '../identity/authenticator.ts'
import type { Audience } from './authentication.ts'
import type { ReleasePackagesOptions } from './options.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** A request whose caller is known and may use the endpoint. */
export type EndpointCall = {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly caller: Caller | null
  /** Of the path, ids as numbers. */
  readonly parameters: Readonly<Record<string, string | number>>
  /** How operations are called for this request. */
  readonly call: CallOptions
  readonly options: ReleasePackagesOptions
}

/** What the description says beyond what the operation tells. */
export type EndpointDescription = Partial<
  Pick<RouteDescription, 'body' | 'consumes' | 'produces' | 'query' | 'rename' | 'summary' | 'description'>
> & {
  /** Default 200. */
  readonly success?: number
  /** Other statuses that are no errors. */
  readonly others?: Readonly<Record<number, string>>
}

/** A method of a path of this API. HEAD is there wherever GET is. */
export type Endpoint = {
  readonly method: Method
  /** With parameters as `:name`; names that end in `Id` stand for numbers. */
  readonly path: string
  readonly audience: Audience
  /** Answered by this operation of the catalog; undefined: by the gateway itself, which needs `answer`. */
  readonly operation?: Operation
  /** Input of the operation beside the parameters of the path, which have its names. */
  readonly input?: (request: FastifyRequest) => object
  /** In place of passing the answer of the operation on. */
  readonly answer?: (call: EndpointCall, endpoint: Endpoint) => Promise<FastifyReply>
  /**
   * `request.body` is the body as a stream, without a limit. On other methods of the path it is one, too, so these must
   * not need a body.
   */
  readonly streamed?: boolean
  /** A GET that changes something, as a link in a mail, or leaves a trail: HEAD changes nothing, and is answered 200 whatever GET would be. */
  readonly changes?: boolean
  /** `OPTIONS` needs the audience as well. */
  readonly guardsOptions?: boolean
  readonly describe?: EndpointDescription
}
