import { createHash } from 'node:crypto'

/** Bytes of a name that PostgreSQL compares; it ignores the rest. */
const maxBytes = 63
const hashLength = 16

/** The name as PostgreSQL tells it from others: one that is too long ends in a hash of the whole. */
export function statementName(name: string): string {
  if (Buffer.byteLength(name) <= maxBytes) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, hashLength)
  return `${Buffer.from(name).toString('latin1', 0, maxBytes - hashLength - 1)}~${hash}`
}
