import { failure } from '@slipway/contracts'
import { clientOf } from '../http/client-address.ts'
import { limitPlaces } from '../http/places.ts'

export type StreamLimits = {
  /** Streams open at the same time on this replica. */
  readonly mostStreams: number
  /** Those of one address, and of one account; 0: no limit. */
  readonly mostPerAddress: number
  readonly mostPerAccount: number
}

export type StreamPlaces = {
  /**
   * Takes a place for a stream.
   * @param login undefined for callers without credentials
   * @returns gives it back; once is enough
   * @throws `rate_limited` when the caller has as many as it may have, `busy` when there is none left
   */
  take(address: string, login: string | undefined): () => void
}

/** Counts open streams, so that nobody's leave no place for others. */
export function streamPlaces({ mostStreams, mostPerAddress, mostPerAccount }: StreamLimits): StreamPlaces {
  const all = limitPlaces(mostStreams)
  const ofAddress = limitPlaces(mostPerAddress)
  const ofAccount = limitPlaces(mostPerAccount)
  return {
    take(address, login) {
      const client = clientOf(address)
      if (!ofAddress.take(client)) throw tooMany('address')
      if (login !== undefined && !ofAccount.take(login)) {
        ofAddress.leave(client)
        throw tooMany('account')
      }
      const leave = () => {
        ofAddress.leave(client)
        if (login !== undefined) ofAccount.leave(login)
      }
      if (!all.take('')) {
        leave()
        throw failure('busy', 'There are too many open streams.', { retryAfter: 5 })
      }
      return () => {
        all.leave('')
        leave()
      }
    },
  }
}

const tooMany = (whose: string) =>
  failure('rate_limited', `There are too many open streams of this ${whose}.`, { retryAfter: 5 })
