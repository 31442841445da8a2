import type { Bus } from '@slipway/bus'
import { type Store, startWorker, type Worker } from '@slipway/store'
import type { Logger } from 'pino'
import { delayOpenMappings, dueSourcesOf, lockSourceAt, nextOpenEndMs, takeOpenMappings } from './open-end.store.ts'
import { resolveMappings } from './resolve-ends.ts'

export type OpenEndWorkerOptions = {
  readonly store: Store
  readonly log: Logger
  /** Works with something large, once there is room for so many bytes of it. */
  readonly withRoom: Bus['withRoom']
}

/** How often replicas look for mappings that were left to whoever comes. */
const pollMs = 5_000
/** Milliseconds until mappings are tried again that could not be read or written. */
const retryMs = 30_000
/** Mappings in one transaction: many small ones, or one that is large. */
const many = { limit: 500, mostBytes: 1024 * 1024 }
const oneLarge = { limit: 1, mostBytes: Number.MAX_SAFE_INTEGER }
const system = 'system'

/**
 * Resolves mappings that waited for a concept or source, and whose own source was being written when it came. One source
 * at a time; its lock comes first, and is the only one that is waited for.
 */
export function startOpenEndWorker({ store, log, withRoom }: OpenEndWorkerOptions): Worker {
  /** Returns how many mappings it took. */
  const resolve = (source: number, bounds: typeof many) =>
    withRoom(bounds.mostBytes, () =>
      store.transaction(async tx => {
        const isThere = await lockSourceAt(tx, source)
        const positions = await takeOpenMappings(tx, source, bounds)
        if (isThere) await resolveMappings({ tx, actor: system, traceparent: undefined }, source, positions)
        return positions.length
      }),
    )

  return startWorker<number>({
    name: 'open-ends',
    take: limit => dueSourcesOf(store, limit),
    async handle(source) {
      try {
        if ((await resolve(source, many)) === 0) await resolve(source, oneLarge)
      } catch (error) {
        log.error({ err: error, source }, 'ends of mappings could not be resolved')
        await delayOpenMappings(store, source, retryMs)
      }
    },
    next: () => nextOpenEndMs(store),
    concurrency: 1,
    pollMs,
    log,
  })
}
