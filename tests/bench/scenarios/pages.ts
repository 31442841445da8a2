import pg from 'pg'
import { interleave, median } from '../load/interleave.ts'
import type { Scenario } from './scenario.ts'

const scenario = 'Pages of 10 in 100,000 releases, 1 connection, p50'
const countings = 21

/** A deep page skips over its offset in an index; the count beside every page comes from counters, not from a scan. */
export const pages: Scenario = async ({ generator, platform }, _references, seconds) => {
  const page = (query: string) => ({ url: `${platform.url}/releases?limit=10${query}` })
  const ways = {
    first: page(''),
    middle: page('&offset=45000'),
    deep: page('&offset=90000'),
    filtered: page('&state=published'),
  }
  const { first, middle, deep, filtered } = await interleave({ generator, ways, connections: 1, seconds })
  const reference = { name: 'first page', value: first.p50 }
  const scan = { name: 'count(*) alone', value: await scanTime(platform.databaseUrl('coordinator')) }
  const unit = 'ms'
  return [
    { scenario, what: 'offset 45,000', value: middle.p50, unit, reference },
    { scenario, what: 'offset 90,000', value: deep.p50, unit, reference },
    {
      scenario,
      what: 'first page with its count',
      value: first.p50,
      unit,
      reference: scan,
      aim: { of: 'ratio', atMost: 1 },
    },
    {
      scenario,
      what: 'filtered by state, with its count',
      value: filtered.p50,
      unit,
      reference: scan,
      aim: { of: 'ratio', atMost: 1 },
    },
  ]
}

/** Milliseconds of the count as Postgres makes it without counters. */
async function scanTime(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const times: number[] = []
  for (let run = 0; run < countings; run += 1) {
    const startedAt = performance.now()
    await client.query('select count(*) from release')
    times.push(performance.now() - startedAt)
  }
  await client.end()
  return median(times)
}
