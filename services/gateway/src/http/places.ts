export type Places = {
  /** Takes a place for this key; false if it has all it may have. */
  take(key: string): boolean
  /** Gives a place of this key back. */
  leave(key: string): void
}

/** Counts what each key has at the same time, so many at most; 0: no limit. */
export function limitPlaces(most: number): Places {
  const taken = new Map<string, number>()
  return {
    take(key) {
      const count = taken.get(key) ?? 0
      if (most > 0 && count >= most) return false
      taken.set(key, count + 1)
      return true
    },
    leave(key) {
      const count = taken.get(key) ?? 0
      if (count > 1) taken.set(key, count - 1)
      else taken.delete(key)
    },
  }
}
