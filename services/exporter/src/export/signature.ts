import { createHmac, timingSafeEqual } from 'node:crypto'

const mac = (secret: string, path: string, blob: string, expires: string) =>
  createHmac('sha256', secret).update([path, blob, expires].join('\n')).digest()

/** Signs a download: good for these very bytes at this path until `expires` (epoch seconds). */
export function sign(secret: string, path: string, blob: string, expires: number): string {
  return `${blob}.${mac(secret, path, blob, String(expires)).toString('base64url')}`
}

/** The id of the bytes that a signature is for; undefined when it is wrong or too old. */
export function verifySignature(secret: string, path: string, expires: string, signature: string): string | undefined {
  const [blob = '', given = ''] = signature.split('.')
  const expected = mac(secret, path, blob, expires)
  const actual = Buffer.from(given, 'base64url')
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) return undefined
  return Number(expires) * 1000 > Date.now() ? blob : undefined
}
