import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServiceName } from '@slipway/contracts'
import type { Platform } from '@slipway/local'
import { openStore, urlOfDatabase } from '@slipway/store'
import { captureLog } from '@slipway/testing'

/** Backups of single databases, and what an operator does to have them back. */
export type KeptDatabases = {
  /** Keeps the database of a service as it is; the service is away meanwhile. */
  keep(service: ServiceName): Promise<void>
  /** Brings it back to the moment when it was kept; the service is away meanwhile. */
  putBack(service: ServiceName): Promise<void>
  /** Empties the folder of NATS. */
  loseStream(): Promise<void>
  stop(service: ServiceName): Promise<void>
  start(service: ServiceName): Promise<void>
}

export function keptDatabases(on: () => Platform): KeptDatabases {
  async function administer(...statements: readonly string[]): Promise<void> {
    const url = urlOfDatabase(on().databaseUrl('gateway'), 'postgres')
    await using store = await openStore({ url, log: captureLog().log, name: 'restore', poolSize: 1 })
    for (const [step, text] of statements.entries()) await store.write({ name: `restore-${step}`, text })
  }

  const processesOf = (service: ServiceName) => on().processes.filter(process => process.service === service)

  async function stop(service: ServiceName): Promise<void> {
    await Promise.all(processesOf(service).map(process => process.stop()))
  }

  async function start(service: ServiceName): Promise<void> {
    await Promise.all(processesOf(service).map(process => process.restart()))
  }

  async function copy(service: ServiceName, what: 'keep' | 'put back'): Promise<void> {
    const own = decodeURIComponent(new URL(on().databaseUrl(service)).pathname.slice(1))
    const [from, to] = what === 'keep' ? [own, `${own}_kept`] : [`${own}_kept`, own]
    await stop(service)
    // Nobody may be connected to what is copied, nor come back meanwhile.
    await administer(
      `drop database if exists "${to}" with (force)`,
      `alter database "${from}" allow_connections false`,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${from}'`,
      `create database "${to}" template "${from}"`,
      `alter database "${from}" allow_connections true`,
    )
    await start(service)
  }

  return {
    stop,
    start,
    keep: service => copy(service, 'keep'),
    putBack: service => copy(service, 'put back'),
    async loseStream() {
      const { nats, dataDir } = on()
      await nats?.kill()
      await rm(join(dataDir, 'nats', 'streams'), { recursive: true })
      await nats?.restart()
    },
  }
}
