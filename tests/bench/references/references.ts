import { fileURLToPath } from 'node:url'
import { cloneDatabase } from '@slipway/store'
import { testerUrl } from '../../support/nats-tester.ts'
import { type Child, startChild } from '../ground/child.ts'
import { type CpuTimes, cpuTimes } from '../ground/cpu-time.ts'
import type { Ground } from '../ground/ground.ts'
import { type RecordedStatement, recordStatement } from '../ground/record-statements.ts'
import type { MoleculerServiceOptions } from './moleculer-service.ts'
import type { OneProcessOptions } from './one-process.ts'

/** What the platform is compared with. */
export type References = AsyncDisposable & {
  /** URL of one fastify process with the same statements. */
  readonly oneProcess: string
  readonly oneProcessCpu: CpuTimes
  /** URL of a Moleculer gateway with a service behind it, over the same broker. */
  readonly moleculer: string
  /** The coordinator's statement for a page of releases, and the same without its count. */
  readonly list: RecordedStatement
  readonly listWithoutCount: RecordedStatement
}

const coordinatorMigrations = fileURLToPath(new URL('../../../services/coordinator/migrations', import.meta.url))

export async function startReferences({ platform, postgres, wantedRelease }: Ground): Promise<References> {
  await using opened = new AsyncDisposableStack()
  const { url } = platform
  const natsUrl = testerUrl(platform)
  const item = await recordStatement(postgres, 'release.item', () => ok(fetch(`${url}/releases/${wantedRelease}`)))
  const list = await recordStatement(postgres, 'release.list', () => ok(fetch(`${url}/releases`)))
  const listWithoutCount = withoutCount(list)
  const create = await recordStatement(postgres, 'event.create.event_type.message.release.task_service.task', () =>
    ok(postEvent(url)),
  )

  // Its own tables: the platform's relay would send on whatever appears in the outbox of its own.
  const written = opened.use(
    await cloneDatabase({ adminUrl: postgres.url, migrations: [coordinatorMigrations], name: 'bench' }),
  )
  const databaseUrl = platform.databaseUrl('coordinator')
  const single = opened.use(startChild<OneProcessOptions, { url: string }>('../references/one-process.ts'))
  const { url: oneProcess } = await single.ask({
    databaseUrl,
    writeUrl: written.url,
    item,
    list: listWithoutCount,
    create,
  })

  const service: Child<MoleculerServiceOptions, unknown> = startChild('../references/moleculer-service.ts')
  opened.use(service)
  await service.ask({ natsUrl, databaseUrl, item })
  const gateway = opened.use(startChild<{ natsUrl: string }, { url: string }>('../references/moleculer-gateway.ts'))
  const { url: moleculer } = await gateway.ask({ natsUrl })

  const kept = opened.move()
  const oneProcessCpu = cpuTimes(() => ({ 'one process': single.pid, PostgreSQL: postgres.pid }))
  return {
    oneProcess,
    oneProcessCpu,
    moleculer,
    list,
    listWithoutCount,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

function withoutCount(list: RecordedStatement): RecordedStatement {
  const text = list.text.replace(/^\s*select .*? as "count",/s, 'select')
  if (text === list.text) throw new Error(`the list has no count to leave out: ${text}`)
  return { ...list, name: `${list.name}-without-count`, text }
}

function postEvent(url: string): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return fetch(`${url}/events`, { method: 'POST', headers, body: JSON.stringify({ message: 'recorded' }) })
}

async function ok(response: Promise<Response>): Promise<void> {
  const { ok, status, url } = await response
  if (!ok) throw new Error(`${url} answered ${status}`)
}
