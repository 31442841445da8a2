import { createHash, randomBytes } from 'node:crypto'

/** Tokens we make start with this, so that they are found where they do not belong. */
const mark = 'slw_'
/** Characters of a token that are shown to tell it from others. */
const prefixLength = 8

/** A new token with 256 random bits. */
export function newToken(): string {
  return mark + randomBytes(32).toString('base64url')
}

export function hashOfToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** The beginning of a token; of a short one (they can be configured) nothing that would give it away. */
export function prefixOfToken(token: string): string {
  return token.length >= prefixLength * 4 ? token.slice(0, prefixLength) : ''
}
