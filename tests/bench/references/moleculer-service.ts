import { openStore } from '@slipway/store'
import { CompiledQuery, Kysely, PostgresDialect } from 'kysely'
import { ServiceBroker } from 'moleculer'
import pg from 'pg'
import { pino } from 'pino'
import { answerParent } from '../ground/child.ts'
import type { RecordedStatement } from '../ground/record-statements.ts'

export type MoleculerServiceOptions = {
  readonly natsUrl: string
  readonly databaseUrl: string
  readonly item: RecordedStatement
}

type Params = { readonly id: string; readonly base: string }

/**
 * A Moleculer service as its guides show one: an action with checked parameters that answers an object. `get` asks
 * through kysely and a pool, which prepares nothing; `getTuned` over the same connections as the platform.
 */
async function start({ natsUrl, databaseUrl, item }: MoleculerServiceOptions): Promise<{ ready: true }> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 })
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  const broker = new ServiceBroker({
    nodeID: 'releases',
    transporter: { type: 'NATS', options: { url: natsUrl } },
    logger: false,
  })
  const store = await openStore({ url: databaseUrl, log: pino({ level: 'warn' }), name: 'moleculer' })
  const params = { id: 'string', base: 'string' }
  const valuesOf = ({ id, base }: Params) => item.values.map(value => (value?.startsWith('RE_') ? id : base))
  broker.createService({
    name: 'releases',
    actions: {
      get: {
        params,
        async handler(context: { params: Params }) {
          const query = CompiledQuery.raw(item.text, valuesOf(context.params))
          const { rows } = await db.executeQuery<{ body: string }>(query)
          return JSON.parse(rows[0]?.body ?? 'null')
        },
      },
      getTuned: {
        params,
        async handler(context: { params: Params }) {
          const [row] = await store.read<{ body: string }>(item, valuesOf(context.params))
          return JSON.parse(row?.body ?? 'null')
        },
      },
    },
  })
  await broker.start()
  return { ready: true }
}

answerParent(start)
