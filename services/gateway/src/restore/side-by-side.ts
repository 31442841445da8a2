import { factKey, failure, type RestoreFact } from '@slipway/contracts'

/** Facts in the order of their keys, byte by byte; those of one key are on one page. */
export type FactPages = AsyncIterable<readonly RestoreFact[]>

/** All facts of one key, by where they come from. */
export type Window<Name extends string> = {
  readonly key: string
  readonly facts: { readonly [From in Name]: readonly RestoreFact[] }
}

type Cursor = {
  /** Resolves when `key` is known. */
  readonly ready: () => Promise<void> | undefined
  /** Of the facts that come next; undefined: there are no more. */
  readonly key: () => string | undefined
  /** Those of this key; none if they are of another one. */
  readonly take: (key: string) => readonly RestoreFact[]
  readonly close: () => Promise<unknown>
}

/** Below zero if `a` comes before `b` in the order of their bytes, which every database can sort by. */
const compareBytes = (a: string, b: string): number => (a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b)))

/**
 * Walks along several lists of facts at once and gives, key by key, what each of them has under it. Of each list two pages
 * are in memory: one that is walked along, one that is on its way. The first pages are asked for one after the other, in the
 * order of `sources`.
 * @throws `bad_upstream` for a list that is not in order
 */
export async function* sideBySide<Name extends string>(
  sources: { readonly [From in Name]: FactPages },
): AsyncGenerator<Window<Name>> {
  const cursors: [Name, Cursor][] = []
  try {
    for (const [name, pages] of Object.entries(sources) as [Name, FactPages][]) {
      const cursor = cursorOf(name, pages)
      cursors.push([name, cursor])
      await cursor.ready()
    }
    for (;;) {
      for (const [, cursor] of cursors) {
        const ready = cursor.ready()
        if (ready) await ready
      }
      const keys = cursors.flatMap(([, cursor]) => cursor.key() ?? [])
      if (keys.length === 0) return
      const key = keys.reduce((least, other) => (compareBytes(other, least) < 0 ? other : least))
      const facts = Object.fromEntries(cursors.map(([name, cursor]) => [name, cursor.take(key)]))
      yield { key, facts: facts as Window<Name>['facts'] }
    }
  } finally {
    await Promise.allSettled(cursors.map(([, cursor]) => cursor.close()))
  }
}

const none: readonly RestoreFact[] = []

function cursorOf(name: string, pages: FactPages): Cursor {
  const iterator = pages[Symbol.asyncIterator]()
  let page: readonly RestoreFact[] = []
  let at = 0
  let taken: string | undefined
  let coming: Promise<IteratorResult<readonly RestoreFact[]>> | undefined = next()

  function next() {
    const asked = iterator.next()
    // It is awaited when this page has been walked along, which may be never.
    asked.catch(() => {})
    return asked
  }

  async function turn(): Promise<void> {
    while (coming && at >= page.length) {
      const result = await coming
      page = result.done ? [] : result.value
      at = 0
      coming = result.done ? undefined : next()
    }
    expectOrder()
  }

  function expectOrder(): void {
    const key = keyAt(at)
    if (key === undefined || taken === undefined || compareBytes(key, taken) > 0) return
    throw failure('bad_upstream', `The facts of ${name} do not come in order: ${key} after ${taken}.`)
  }

  const keyAt = (index: number): string | undefined => {
    const fact = page[index]
    return fact && factKey(fact)
  }

  return {
    ready: () => (at >= page.length && coming ? turn() : undefined),
    key: () => keyAt(at),
    take(key) {
      const from = at
      while (keyAt(at) === key) at += 1
      if (at === from) return none
      taken = key
      expectOrder()
      return page.slice(from, at)
    },
    close: async () => iterator.return?.(),
  }
}
