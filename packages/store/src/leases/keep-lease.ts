export type LeaseOptions = {
  /** Milliseconds after which somebody else may take over what nobody says that it is under way. */
  readonly leaseMs: number
  /** Has the lease end `leaseMs` from now; false when it is another's by now, or when there is nothing left to do. */
  renew(): Promise<boolean>
  /** A renewal that failed; the next one comes all the same. */
  onError(error: unknown): void
}

export type KeptLease = {
  /** Aborted when the lease was lost: what this process finds out from then on counts for nothing. */
  readonly lost: AbortSignal
  end(): void
}

/** Says every third of a lease that the work goes on, so that two renewals in a row may fail. */
export function keepLease({ leaseMs, renew, onError }: LeaseOptions): KeptLease {
  const lost = new AbortController()
  const timer = setInterval(() => {
    renew().then(isMine => isMine || lost.abort(new Error('the lease is another one’s by now')), onError)
  }, leaseMs / 3)
  return { lost: lost.signal, end: () => clearInterval(timer) }
}
