import { createHash } from 'node:crypto'

/** A strong `ETag` of a representation, from its bytes: the same bytes have the same one. */
export function entityTag(body: string | Uint8Array): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
}

/**
 * Whether a tag is among those of an `If-Match` or `If-None-Match` header; `*` stands for any. `weak`: a weak tag counts
 * as the strong one, as RFC 9110 wants it for `If-None-Match` and forbids it for `If-Match`.
 */
export function hasTag(header: string, tag: string, { weak }: { readonly weak: boolean }): boolean {
  return header.split(',').some(one => {
    const given = one.trim()
    return given === '*' || given === tag || (weak && given === `W/${tag}`)
  })
}
