import type { Bus, CallOptions, OperationHandler } from '@slipway/bus'
import type { EventEnvelope, Identity, ServiceName } from '@slipway/contracts'
import type { Migrations, Store, Tx } from '@slipway/store'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { z } from 'zod'
import type { BaseConfig } from './config.ts'
import type { ServiceIdentity } from './service-identity.ts'

/** What a service builds its wiring from. */
export type ServiceContext<Config, Database> = {
  readonly config: Config & BaseConfig
  readonly store: Store<Database>
  readonly bus: Bus
  /** Of the service itself, for what it does by itself and not for a caller. */
  readonly identity: ServiceIdentity
  readonly log: Logger
  readonly registry: Registry
  /** Reads an identity token; throws `unauthenticated` for a bad one. */
  readonly identify: (token: string) => Promise<Identity>
  readonly catchUp: CatchUp<Database>
}

/** A reaction to events: runs in a transaction that also remembers the event, so its effect happens once. */
export type EventConsumer<Database> = {
  /** Durable name, unique on the platform, starting with the service's name. */
  readonly durable: string
  /** Subject filters. Order is kept within a filter, not between two of them. */
  readonly filters: readonly string[]
  handle(event: EventEnvelope, tx: Tx<Database>): Promise<void>
  /**
   * Does the same for several events at once, in their order. With it the consumer takes what has come in one
   * transaction, and runs in one replica at a time. When it throws, `handle` gets the events one by one.
   */
  handleAll?(events: readonly EventEnvelope[], tx: Tx<Database>): Promise<void>
  /** Runs after each transaction, to wake workers; must not throw and may be lost in a crash. */
  afterCommit?(): void
  /** Default 1, which keeps the order of events. */
  readonly concurrency?: number
}

/** One resource, by the events that its service writes of it. */
export type Followed = {
  readonly source: ServiceName
  readonly noun: string
  readonly aggregate: string
  /** Only so many events, the newest. Default: the oldest 1,000. */
  readonly newest?: number
}

/**
 * Has a consumer handle what the source has recorded of one resource, before it is delivered: each event once, by the
 * inbox that deliveries go through, too, so that what is delivered afterwards is known. Resolves to the number of events
 * that are recorded.
 * @throws `unavailable`, `timeout` when the source does not answer; what the consumer throws
 */
export type CatchUp<Database> = (
  consumer: EventConsumer<Database>,
  followed: Followed,
  call?: CallOptions,
) => Promise<number>

/** Something that works in the background until it is stopped. `stop` resolves when nothing of it runs any more. */
export type Worker = { stop(): Promise<void> }

/** The HTTP surface of a service that has one. */
export type HttpSurface = { listen(): Promise<{ readonly port: number }>; close(): Promise<void> }

/** The whole of a service, put together in its `app.ts`. */
export type Wiring<Database> = {
  readonly operations: readonly OperationHandler[]
  readonly consumers?: readonly EventConsumer<Database>[]
  /** Started after the operations are served; stopped after running handlers have ended. */
  readonly workers?: () => Promise<readonly Worker[]> | readonly Worker[]
  readonly http?: HttpSurface
  /** Frees what the wiring itself opened; called last, before the store closes. */
  readonly close?: () => Promise<void>
}

export type ServiceDefinition<Config, Database> = {
  readonly name: ServiceName
  readonly version: string
  /** Over the environment; `baseConfig` extended by what the service needs beside it. */
  readonly config: z.ZodType<Config & BaseConfig>
  /** Folder of SQL migrations; a list where packages bring tables of their own, which come in its order. */
  readonly migrations: URL | readonly Migrations[]
  build(context: ServiceContext<Config, Database>): Promise<Wiring<Database>> | Wiring<Database>
}
