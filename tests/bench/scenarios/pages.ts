import pg from 'pg'
import type { RecordedStatement } from '../ground/record-statements.ts'
import { interleave } from '../load/interleave.ts'
import type { Scenario } from './scenario.ts'

/**
 * A deep page skips over its offset in an index, as its protocol asks for. The count beside every page comes from
 * counters: a page with its count touches hardly more of the database than one without.
 */
export const pages: Scenario = async ({ generator, platform, rows }, { list, listWithoutCount }, seconds) => {
  const scenario = `Pages of 10 in ${rows.toLocaleString('en')} releases`
  const [half, end] = [0.45, 0.9].map(part => Math.floor(rows * part)) as [number, number]
  const page = (query: string) => ({ url: `${platform.url}/releases?limit=10${query}` })
  const ways = { first: page(''), middle: page(`&offset=${half}`), deep: page(`&offset=${end}`) }
  const { first, middle, deep } = await interleave({ generator, ways, connections: 1, seconds })
  const reference = { name: 'first page', value: first.p50 }

  const client = new pg.Client({ connectionString: platform.databaseUrl('coordinator') })
  await client.connect()
  const value = await blocksOf(client, list)
  const without = { name: 'without count', value: await blocksOf(client, listWithoutCount) }
  await client.end()
  return [
    {
      scenario,
      what: `1 connection, p50, offset ${half.toLocaleString('en')}`,
      value: middle.p50,
      unit: 'ms',
      reference,
    },
    { scenario, what: `1 connection, p50, offset ${end.toLocaleString('en')}`, value: deep.p50, unit: 'ms', reference },
    {
      scenario,
      what: 'blocks read for a page and its count',
      value,
      unit: 'blocks',
      reference: without,
      aim: { of: 'ratio', atMost: 1.5 },
    },
  ]
}

/** How many blocks of tables and indexes a statement looks at; the second time, when all catalogues are known. */
async function blocksOf(client: pg.Client, { text, values }: RecordedStatement): Promise<number> {
  const explain = `explain (analyze, buffers, format json) ${text}`
  await client.query(explain, values)
  const { rows } = await client.query<{ 'QUERY PLAN': { Plan: Record<string, number> }[] }>(explain, values)
  const plan = rows[0]?.['QUERY PLAN'][0]?.Plan ?? {}
  return (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0)
}
