import type { Bus } from '@slipway/bus'
import type { TellFollower } from '@slipway/service'
import type { Store } from '@slipway/store'
import type { FastifyRequest } from 'fastify'
import type { Authenticator } from '../identity/authenticator.ts'
import type { Downloads } from './download/downloads.ts'

export type ReleasePackagesOptions = {
  readonly bus: Bus
  /** Of the gateway: accounts and their tokens. */
  readonly store: Store
  readonly authenticator: Authenticator
  /** Called after accounts or tokens changed. */
  readonly announceChange: () => Promise<void>
  /** Has the catalog show at once what an account is by now. */
  readonly showAccount: TellFollower
  readonly baseUrlOf: (request: FastifyRequest) => string
  readonly downloads: Downloads
  /** Greatest upload in bytes. */
  readonly uploadLimit: number
  /** Told of what was answered with 500 or more. */
  readonly logError: (error: unknown, request: FastifyRequest) => void
}
