import type { Platform } from '@slipway/local'
import { eventually } from '@slipway/testing'
import pg from 'pg'

/** How an export stands, by the path of its source and its version. */
export type ExportState = { readonly state: string; readonly asked_by: string; readonly deaths: number }

const states = `select e.state, e.asked_by, e.deaths from export e
  join source_version v on v.position = e.version join source s on s.position = v.source
  where s.owner_type = $1 and s.owner = $2 and s.id = $3 and v.id = $4`

/** A look into the database of the exporter, from beside it. */
export async function openExporterDatabase(platform: Platform) {
  const pool = new pg.Pool({ connectionString: platform.databaseUrl('exporter'), max: 4 })
  pool.on('error', () => {})

  async function stateOf(source: string, version: string): Promise<ExportState | undefined> {
    const [, ownerType, owner, , id] = source.split('/')
    const { rows } = await pool.query<ExportState>(states, [ownerType === 'orgs' ? 'org' : 'user', owner, id, version])
    return rows[0]
  }

  return {
    query: pool.query.bind(pool) as typeof pool.query,
    stateOf,
    /** Waits until a worker makes this export. */
    running: (source: string, version: string) =>
      eventually(async () => (await stateOf(source, version))?.state === 'running'),
    /** Keeps every export from getting further than its first bytes, until it is disposed of. */
    async hold(): Promise<AsyncDisposable> {
      const client = await pool.connect()
      await client.query('begin')
      await client.query('lock table blob_chunk in exclusive mode')
      return {
        async [Symbol.asyncDispose]() {
          await client.query('rollback')
          client.release()
        },
      }
    },
    [Symbol.asyncDispose]: () => pool.end(),
  }
}
