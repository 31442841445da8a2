/** SQL under a name that stands for this text only. */
export type Statement = { readonly name: string; readonly text: string }

type Run = <Row>(statement: Statement, values?: readonly unknown[]) => Promise<Row[]>

/** What runs statements: a transaction of the owner. */
export type Queryable = { readonly query: Run }

/** The owner's database, as far as blobs need it: idempotent reads, and single statements that write. */
export type BlobDatabase = { readonly read: Run; readonly write: Run }

/** Bytes that are stored completely. Its id stands for these very bytes, whatever its name is used for later. */
export type Blob = {
  readonly id: string
  /** Which storage has the bytes. */
  readonly place: string
  readonly size: number
  /** Of the bytes, in hexadecimal. */
  readonly sha256: string
}

export type NamedBlob = Blob & {
  readonly name: string
  /** ISO 8601, UTC. */
  readonly createdAt: string
}

/** Bytes from `start` to `end`, both included, counted from 0. */
export type ByteRange = { readonly start: number; readonly end: number }

/** Where bytes lie, by id. What they are called, and who may still read them, is known to the owner's database only. */
export type ByteStorage = {
  /** Names this storage in the database for as long as anything is in it. */
  readonly place: string
  /** Takes bytes until they end. When they fail, or `signal` aborts, it fails; what it has then is `remove`d. */
  write(id: string, body: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>
  /** @throws `not_found` when they are gone */
  read(id: string, range: ByteRange): AsyncIterable<Uint8Array>
  /** Frees the place of whatever is there under the id, also of an unfinished write. */
  remove(id: string): Promise<void>
}

export type SweepOptions = {
  /** Milliseconds that replaced and removed bytes stay readable for those who began. Default one hour. */
  readonly removedMs?: number
  /** Milliseconds of silence after which an unfinished write counts as dead. Default one hour. */
  readonly abandonedMs?: number
}

/**
 * Bytes by name. Writing happens aside: nothing is visible until `publish`, which swaps in one transaction of the owner's
 * database. Whoever reads the bytes that were there before finishes undisturbed.
 */
export type BlobStore = {
  /** Stores bytes under no name yet. When the source fails or `signal` aborts, nothing of them stays. */
  write(body: AsyncIterable<Uint8Array>, options?: { readonly signal?: AbortSignal }): Promise<Blob>
  /**
   * Gives bytes their name, in place of what had it.
   * @throws `refused` when the bytes are gone, because nobody published them in time, or have a name already
   */
  publish(tx: Queryable, name: string, blob: Blob): Promise<void>
  /** Frees the place of bytes that will not be published after all. */
  discard(blob: Blob): Promise<void>
  /** What has this name now, or null. */
  find(name: string): Promise<NamedBlob | null>
  /**
   * The bytes, a part at a time, read on as they are consumed. Read as a whole they are checked against their hash, and
   * the last part is held back until they are found right.
   * @throws `not_found` when they are gone, `bad_upstream` when they are not what was written
   */
  read(blob: Blob, range?: ByteRange): AsyncIterable<Uint8Array>
  /** Takes the name away; false when nothing had it. */
  remove(tx: Queryable, name: string): Promise<boolean>
  /** Frees the place of what nobody can want any more; returns how many blobs went. */
  sweep(options?: SweepOptions): Promise<number>
}
