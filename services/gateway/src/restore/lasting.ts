import { setTimeout as delay } from 'node:timers/promises'
import type { Disagreement } from './disagreement.ts'

/** What was found under one key, by which services were compared. */
export type Found = { readonly key: string; readonly disagreements: readonly Disagreement[] }

/** Compares services key by key; with `of`, under these keys only. */
export type Comparison = (of?: readonly string[]) => AsyncIterable<Found>

/** What is under way has moved on by then; what does not agree is still so. */
const lookAgainMs = 2_000
/** Keys that wait for the second look: ids in memory. */
const maxSuspects = 10_000
/** Keys that are asked for at once. */
const atOnce = 500

/**
 * What two looks find, some at a time: services that are at work disagree for moments. The second look is only at what
 * the first one found.
 */
export async function* lasting(comparisons: readonly Comparison[]): AsyncGenerator<readonly Disagreement[]> {
  for (const compare of comparisons) {
    const suspects = new Map<string, readonly string[]>()
    for await (const { key, disagreements } of compare()) {
      if (disagreements.length === 0) continue
      suspects.set(
        key,
        disagreements.map(({ id }) => id),
      )
      if (suspects.size < maxSuspects) continue
      yield* lookAgain(compare, suspects)
      suspects.clear()
    }
    if (suspects.size > 0) yield* lookAgain(compare, suspects)
  }
}

async function* lookAgain(
  compare: Comparison,
  suspects: ReadonlyMap<string, readonly string[]>,
): AsyncGenerator<readonly Disagreement[]> {
  await delay(lookAgainMs)
  const keys = [...suspects.keys()]
  for (let from = 0; from < keys.length; from += atOnce) {
    const still: Disagreement[] = []
    for await (const { key, disagreements } of compare(keys.slice(from, from + atOnce))) {
      const before = suspects.get(key)
      still.push(...disagreements.filter(({ id }) => before?.includes(id)))
    }
    if (still.length > 0) yield still
  }
}
