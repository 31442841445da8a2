import { createHmac, timingSafeEqual } from 'node:crypto'
import { now } from '@slipway/store'

/** What a URL is good for. */
export type Signed = {
  /** Id of the bytes. */
  readonly blob: string
  /** Who was given it, which is what is asked again when it is used: a login, or `staff`, who see everything. */
  readonly viewer: { readonly login: string; readonly staff: boolean }
  /** What the credential can be revoked by for which it was given; see `Identity`. */
  readonly revocationKeys: readonly string[]
}

const mac = (secret: string, path: string, content: string, expires: string) =>
  createHmac('sha256', secret).update([path, content, expires].join('\n')).digest()

const encoded = (text: string) => Buffer.from(text).toString('base64url')
const decoded = (text: string) => Buffer.from(text, 'base64url').toString()

/** Signs a download: good for these very bytes at this path and for whom it was given to, until `expires` (epoch seconds). */
export function sign(secret: string, path: string, { blob, viewer, revocationKeys }: Signed, expires: number): string {
  const content = `${blob}.${viewer.staff ? 's' : 'u'}${encoded(viewer.login)}.${encoded(revocationKeys.join(' '))}`
  return `${content}.${mac(secret, path, content, String(expires)).toString('base64url')}`
}

/** What a signature is for; undefined when it is wrong or too old. */
export function verifySignature(secret: string, path: string, expires: string, signature: string): Signed | undefined {
  const [blob = '', viewer = '', keys = '', given = ''] = signature.split('.')
  const expected = mac(secret, path, `${blob}.${viewer}.${keys}`, expires)
  const actual = Buffer.from(given, 'base64url')
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) return undefined
  if (Number(expires) * 1000 <= now()) return undefined
  return {
    blob,
    viewer: { login: decoded(viewer.slice(1)), staff: viewer.startsWith('s') },
    revocationKeys: decoded(keys).split(' ').filter(Boolean),
  }
}
