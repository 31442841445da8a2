import type { Statement, Store } from '../types.ts'

const askTime: Statement = {
  name: 'platform.clock',
  text: 'select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms',
}
/** A reading whose answer took longer says too little. */
const longestRoundTripMs = 2_000

/** What the database's clock showed at some moment of this process, in milliseconds. */
type Reading = { readonly shown: number; readonly monotonic: number }
let reading: Reading | undefined

/**
 * The time by the clock of the database, in milliseconds since 1970: the one clock of the platform, by which instants
 * are judged that another process made. Between two readings it goes on with the monotonic clock, so that nothing
 * happens when somebody sets that of the machine. Before the first reading it is the machine's.
 */
export function now(): number {
  return Math.round(reading ? reading.shown + performance.now() - reading.monotonic : Date.now())
}

/** How far the clock of this machine is ahead of the database's, in milliseconds; 0 before the first reading. */
export function clockOffsetMs(): number {
  return Date.now() - now()
}

/** Reads the clock of the database, which `now` goes by from then on. */
export async function readClock(store: Pick<Store, 'read'>): Promise<void> {
  const asked = performance.now()
  const [row] = await store.read<{ ms: number }>(askTime)
  const answered = performance.now()
  if (!row || (reading && answered - asked > longestRoundTripMs)) return
  reading = { shown: row.ms, monotonic: (asked + answered) / 2 }
}
