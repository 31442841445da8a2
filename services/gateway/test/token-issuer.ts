import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'

type KeyPair = { readonly kid: string; readonly alg: string; readonly privateKey: CryptoKey; readonly jwk: JWK }

export type TokenIssuer = AsyncDisposable & {
  readonly url: string
  /** What a gateway must be started with to take its tokens. */
  readonly environment: Readonly<Record<string, string>>
  /** Times that keys, and profiles, were asked for. */
  readonly asked: { keys: number; profiles: number }
  readonly first: KeyPair
  /** Publishes a further key. */
  addKey(alg?: string): Promise<KeyPair>
  /** A token of this issuer, good for a minute unless the claims say otherwise. */
  sign(claims: JWTPayload, key?: KeyPair, header?: Record<string, unknown>): Promise<string>
  /** What `/userinfo` answers; undefined: 500. */
  profile: Record<string, unknown> | undefined
  /** Answers with 500 instead of keys. */
  broken: boolean
}

export async function newKey(kid: string, alg = 'RS256'): Promise<KeyPair> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

/** Of its tokens, unless their claims say otherwise. */
const audience = 'https://platform.example.org'

/** An issuer of tokens as the gateway meets it: public keys and user profiles over HTTP. */
export async function startTokenIssuer(): Promise<TokenIssuer> {
  const first = await newKey('first')
  const keys = [first]
  const asked = { keys: 0, profiles: 0 }
  const server = createServer((incoming, response) => {
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (incoming.url === '/.well-known/jwks.json') {
      asked.keys += 1
      return issuer.broken ? answer(500, {}) : answer(200, { keys: keys.map(({ jwk }) => jwk) })
    }
    asked.profiles += 1
    return issuer.profile ? answer(200, issuer.profile) : answer(500, {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer: TokenIssuer = {
    url,
    environment: { AUTH0_DOMAIN: url, SLIPWAY_TOKEN_AUDIENCE: audience },
    asked,
    first,
    broken: false,
    profile: { nickname: 'nick', email: 'nick@example.org', given_name: 'N', family_name: 'Ick' },
    async addKey(alg) {
      const key = await newKey(`key-${keys.length}`, alg)
      keys.push(key)
      return key
    },
    sign(claims, key = first, header = { kid: key.kid }) {
      return new SignJWT({ iss: `${url}/`, aud: audience, exp: Math.floor(Date.now() / 1000) + 60, ...claims })
        .setProtectedHeader({ alg: key.alg, ...header })
        .sign(key.privateKey)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
  return issuer
}
