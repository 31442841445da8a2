import { now } from '@slipway/store'
export type ExpiringCache<Value> = {
  get(key: string): Value | undefined
  set(key: string, value: Value, expiresAt?: number): void
  delete(key: string): void
  clear(): void
}

/**
 * Remembers up to `max` values for `ttlMs` milliseconds each, or until the given time (epoch milliseconds). When it is
 * full, the value that was set longest ago goes.
 */
export function expiringCache<Value>({
  max,
  ttlMs,
}: {
  readonly max: number
  readonly ttlMs: number
}): ExpiringCache<Value> {
  const entries = new Map<string, { readonly value: Value; readonly expiresAt: number }>()
  return {
    get(key) {
      const entry = entries.get(key)
      if (!entry) return undefined
      if (entry.expiresAt > now()) return entry.value
      entries.delete(key)
      return undefined
    },
    set(key, value, expiresAt = now() + ttlMs) {
      entries.delete(key)
      if (entries.size >= max) entries.delete(entries.keys().next().value as string)
      entries.set(key, { value, expiresAt })
    },
    delete: key => void entries.delete(key),
    clear: () => entries.clear(),
  }
}
