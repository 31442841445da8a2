import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { answerJson, type HttpServer, httpServer } from './http-server.ts'

export type SigningKey = { readonly kid: string; readonly pem: string }

/** What the issuer is asked for by HTTP, by those who test: a new key, and what it was asked so far. */
export const issuerControl = { newKey: '/control/new-key', requests: '/control/requests' } as const

export type IssuerRequest = { readonly path: string; readonly authorization: string | undefined; readonly body: string }

/**
 * An issuer of tokens as Auth0 is for Kids First: public keys, profiles, and tokens for machines. A machine's token
 * shows what it was asked for with (`grantOf`).
 */
export async function issuer(): Promise<HttpServer & { readonly key: SigningKey }> {
  const published: object[] = []
  const requests: IssuerRequest[] = []
  const newKey = (): SigningKey => {
    const kid = `key-${published.length + 1}`
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    published.push({ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' })
    return { kid, pem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string }
  }
  const key = newKey()
  const server = await httpServer(async (request, response) => {
    const body = (await buffer(request)).toString('utf8')
    const path = request.url ?? ''
    if (path === issuerControl.newKey) return answerJson(response, newKey())
    if (path === issuerControl.requests) return answerJson(response, requests)
    requests.push({ path, authorization: request.headers.authorization, body })
    if (path === '/.well-known/jwks.json') return answerJson(response, { keys: published })
    if (path === '/userinfo') return answerJson(response, { nickname: 'bobby', email: 'bobby@example.org' })
    if (path === '/oauth/token') return answerJson(response, { access_token: encode(body), expires_in: 86_400 })
    return answerJson(response, {}, 404)
  })
  return { ...server, key }
}

const encode = (text: string) => Buffer.from(text).toString('base64url')

/** What a machine's token was granted for. */
export function grantOf(token: string): unknown {
  return JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
}

/** Whom tokens are made for, unless their claims say otherwise. */
export const platformAudience = 'https://releases.example.org'

/** A JWT, RS256. `header` changes what it says about its signature, not the signature. */
export function signedToken(key: SigningKey, claims: object, header: object = {}): string {
  const content = [
    { alg: 'RS256', typ: 'JWT', kid: key.kid, ...header },
    { aud: platformAudience, ...claims },
  ]
    .map(part => encode(JSON.stringify(part)))
    .join('.')
  return `${content}.${sign('RSA-SHA256', Buffer.from(content), createPrivateKey(key.pem)).toString('base64url')}`
}

export const inAnHour = (): number => Math.floor(Date.now() / 1000) + 3600
