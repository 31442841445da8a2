import { createHmac, timingSafeEqual } from 'node:crypto'
import { invalid } from '@slipway/contracts'

/** A place in a list: the order it is in, and the values of the last item there by which the list is ordered. */
export type Place = { readonly sort: string; readonly after: readonly (string | number | null)[] }

export type Cursors = {
  write(place: Place): string
  /** @throws `invalid` for what was not written here, or for a list in another order */
  read(cursor: string, sort: string): Place
}

const macBytes = 16

/**
 * Places in lists as clients get them: opaque, and signed, so that nobody makes up values that no list had. `key` is the
 * same in all replicas of a service.
 */
export function cursors(key: Uint8Array): Cursors {
  const macOf = (text: string) => createHmac('sha256', key).update(text).digest().subarray(0, macBytes)
  return {
    write(place) {
      const text = JSON.stringify([place.sort, ...place.after])
      return Buffer.concat([macOf(text), Buffer.from(text)]).toString('base64url')
    },
    read(cursor, sort) {
      const bytes = Buffer.from(cursor, 'base64url')
      const text = bytes.subarray(macBytes).toString()
      const given = bytes.subarray(0, macBytes)
      if (given.length < macBytes || !timingSafeEqual(given, macOf(text)))
        throw refused('It is no cursor of this list.')
      const [written, ...after] = JSON.parse(text) as [string, ...Place['after']]
      if (written !== sort) throw refused('It belongs to the list in another order.')
      return { sort, after }
    },
  }
}

const refused = (message: string) => invalid([{ path: ['cursor'], reason: 'invalid_cursor', message }])
