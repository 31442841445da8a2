/**
 * `node test/bench/store.bench.ts [seconds]`: what the ways of this package cost, side by side, against a Postgres of its
 * own that syncs to disk. `seconds` (default 2) is the time of a slice; less also makes the relay send fewer events. Trust the ratios of one run, never the figures.
 */

import { startOwnPostgres } from '@slipway/testing'
import { pino } from 'pino'
import { cloneDatabase, openStore, outboxColumns, type Store, startRelay } from '../../src/mod.ts'

const seconds = Number(process.argv[2] ?? 2)
const log = pino({ level: 'warn' })

const server = await startOwnPostgres({ durable: true })
try {
  const database = await cloneDatabase({ adminUrl: server.url, migrations: [] })
  const store = await openStore<{ item: { id: number; name: string } }>({ url: database.url, log, name: 'bench' })
  await prepare(store)
  await reads(store)
  await writes(store)
  await relays(store)
  await store.close()
} finally {
  await server[Symbol.asyncDispose]()
}

async function prepare(store: Store): Promise<void> {
  await store.write({
    name: 'bench.t',
    text: 'create table item (id int primary key, name text, revision int not null default 0)',
  })
  await store.write({
    name: 'bench.f',
    text: `insert into item select n, 'item ' || n from generate_series(1, 10000) n`,
  })
}

/** Calls a second with `concurrency` callers. */
async function rate(concurrency: number, call: (n: number) => Promise<unknown>): Promise<number> {
  let calls = 0
  const endAt = performance.now() + seconds * 1000
  const caller = async () => {
    while (performance.now() < endAt) await call(++calls)
  }
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: concurrency }, caller))
  return Math.round((calls / (performance.now() - startedAt)) * 1000)
}

/** The ways take turns, so that a slow moment of the machine hits all of them; the median of three slices counts. */
async function compare(title: string, ways: Record<string, () => Promise<number>>): Promise<void> {
  const slices = new Map(Object.keys(ways).map(name => [name, [] as number[]]))
  for (let slice = 0; slice < 3; slice++) {
    for (const [name, way] of Object.entries(ways)) slices.get(name)?.push(await way())
  }
  console.log(`\n${title}`)
  for (const [name, rates] of slices) {
    const median = rates.sort((a, b) => a - b)[1] ?? 0
    console.log(`  ${name.padEnd(58)} ${String(median).padStart(7)}/s`)
  }
}

async function reads(store: Store<{ item: { id: number; name: string } }>): Promise<void> {
  const byId = { name: 'bench.by-id', text: 'select id, name from item where id = $1' }
  for (const callers of [1, 32]) {
    await compare(`read by primary key, ${callers} callers`, {
      'read: 3 pipelined connections, named': () => rate(callers, n => store.read(byId, [n % 10_000])),
      'write: pool of 10, named': () => rate(callers, n => store.write(byId, [n % 10_000])),
      'kysely: pool of 10': () =>
        rate(callers, n =>
          store.db
            .selectFrom('item')
            .select(['id', 'name'])
            .where('id', '=', n % 10_000)
            .execute(),
        ),
    })
  }
}

async function writes(store: Store): Promise<void> {
  const lock = { name: 'bench.lock', text: 'select revision from item where id = $1 for update' }
  const change = {
    name: 'bench.change',
    text: 'update item set revision = revision + 1 where id = $1 returning revision',
  }
  const insertEvent = {
    name: 'bench.event',
    text: `insert into platform.outbox (${outboxColumns}) values ('item', 'changed', $1, $2, 'bench', null, '{}')`,
  }
  const both = {
    name: 'bench.both',
    text: `with changed as (${change.text}, id), event as (
      insert into platform.outbox (${outboxColumns})
      select 'item', 'changed', id::text, revision, 'bench', null, json_build_object('id', id) from changed
    ) select revision from changed`,
  }
  const transaction = (n: number) =>
    store.transaction(async tx => {
      await tx.query(lock, [n])
      const [row] = await tx.query<{ revision: number }>(change, [n])
      await tx.query(insertEvent, [n, row?.revision])
    })
  let n = 0
  const next = () => (++n % 10_000) + 1
  for (const callers of [1, 10]) {
    await compare(`change with event, ${callers} callers`, {
      'one statement': () => rate(callers, () => store.write(both, [next()])),
      'transaction of three statements': () => rate(callers, () => transaction(next())),
    })
  }
  let sent = 0
  const relay = startRelay({ store, source: '/slipway/bench', log, publish: async () => void sent++ })
  await drained(relay)
  await compare('change with event while the relay sends, 10 callers', {
    'one statement': () => rate(10, () => store.write(both, [next()])),
  })
  await drained(relay)
  await relay.stop()
}

async function drained(relay: { backlog(): Promise<{ unsent: number }> }): Promise<void> {
  while ((await relay.backlog()).unsent > 0) await new Promise(resolve => setTimeout(resolve, 2))
}

async function relays(store: Store): Promise<void> {
  const fill = {
    name: 'bench.fill',
    text: `insert into platform.outbox (${outboxColumns})
      select 'item', 'made', $1 || n % $2::int, n / $2::int + 1, 'bench', null, json_build_object('id', n, 'name', 'item ' || n)
      from generate_series(0, $3::int - 1) n`,
  }
  const ways: [string, number, number, (() => Promise<void>)?][] = [
    ['20,000 aggregates', 20_000, 20_000],
    ['100 aggregates', 100, 20_000],
    ['one aggregate', 1, 5_000],
    ['20,000 aggregates, 2 ms to publish', 20_000, 20_000, () => new Promise(resolve => setTimeout(resolve, 2))],
    ['200,000 events waiting', 20_000, 200_000],
  ]
  let round = 0
  console.log('\nrelay, events a second')
  for (const [name, aggregates, most, wait] of ways) {
    const events = Math.ceil(most * Math.min(1, seconds / 2))
    await store.write(fill, [`round-${++round}-`, aggregates, events])
    const startedAt = performance.now()
    const publish = wait ?? (() => Promise.resolve())
    const relay = startRelay({ store, source: '/slipway/bench', log, publish })
    await drained(relay)
    await relay.stop()
    console.log(
      `  ${name.padEnd(58)} ${String(Math.round((events / (performance.now() - startedAt)) * 1000)).padStart(7)}/s`,
    )
  }
}
