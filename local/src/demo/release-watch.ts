import { errorText, failure } from '@slipway/contracts'
import { followEvents } from './follow-events.ts'
import type { PlatformApi } from './platform-api.ts'
import { fromRecord, type ReleaseProgress, type ReleaseRecord, withEvent, withRecord } from './release-progress.ts'

/** Keeps what is known of one release up to date, live. */
export type ReleaseWatch = {
  /** Resolves when the event stream is open. Rejects when the platform refuses it. */
  readonly open: Promise<void>
  /** Begins with a release that was just created. */
  begin(record: ReleaseRecord): void
  /** Looks the release up: events of several things, such as a release and its tasks, may come in any order. */
  refresh(): Promise<void>
  /**
   * Resolves when the release is as wanted. Fails with `timeout` when nothing changes for three minutes, which is more
   * than any of the platform's own waits in the demo.
   */
  until(isThere: (release: ReleaseProgress) => boolean): Promise<ReleaseProgress>
}

const idleMs = 180_000

export function watchRelease(
  api: PlatformApi,
  signal: AbortSignal,
  onChange: (before: ReleaseProgress | undefined, after: ReleaseProgress) => void,
): ReleaseWatch {
  const opened = Promise.withResolvers<void>()
  const broken = Promise.withResolvers<never>()
  broken.promise.catch(() => {})
  const listeners = new Set<() => void>()
  let release: ReleaseProgress | undefined

  const become = (next: ReleaseProgress): void => {
    if (next === release) return
    onChange(release, next)
    release = next
    for (const listener of listeners) listener()
  }

  /** Whatever happened while the stream was not open, or before we knew the release's id. */
  const refresh = async (): Promise<void> => {
    if (!release) return
    const record = await api.call<ReleaseRecord>('GET', `/releases/${release.id}`)
    become(withRecord(release, record))
  }

  const stream = followEvents({
    url: `${api.url}/events/stream?types=release.*,task.*`,
    token: api.token,
    signal,
    onOpen() {
      opened.resolve()
      refresh().catch(() => {})
    },
    onEvent({ event, data }) {
      const envelope: { data?: unknown } = JSON.parse(data)
      if (release) become(withEvent(release, event, envelope.data))
    },
  })
  stream.catch(error => {
    opened.reject(error)
    broken.reject(error)
  })
  signal.addEventListener('abort', () => {
    opened.reject(signal.reason)
    broken.reject(signal.reason)
  })

  return {
    open: opened.promise,
    refresh,
    begin(record) {
      become(fromRecord(record))
      refresh().catch(error => broken.reject(failure('bad_upstream', errorText(error), { cause: error })))
    },
    async until(isThere) {
      const there = Promise.withResolvers<ReleaseProgress>()
      let idle: NodeJS.Timeout | undefined
      const look = (): void => {
        if (release && isThere(release)) there.resolve(release)
        clearTimeout(idle)
        idle = setTimeout(() => {
          const text = `nothing happened to release ${release?.id} for ${idleMs / 1000} s; it is ${release?.state}`
          there.reject(failure('timeout', text))
        }, idleMs)
      }
      listeners.add(look)
      look()
      try {
        return await Promise.race([there.promise, broken.promise])
      } finally {
        clearTimeout(idle)
        listeners.delete(look)
      }
    },
  }
}
