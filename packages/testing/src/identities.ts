import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import type { OperationHandler } from '@slipway/bus'
import {
  type Identity,
  identityAlgorithm,
  identityAudience,
  identityOperations,
  type ServiceName,
} from '@slipway/contracts'

const kid = 'test'
const pair = generateKeyPairSync('ed25519', {
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})
const privateKey = createPrivateKey(pair.privateKey)
const publicKey = createPublicKey(pair.publicKey).export({ format: 'jwk' })

/**
 * What the gateway answers about identities, for a service that is tested without a gateway: the public key of these tokens,
 * of which none is revoked, tokens for services, and whose logins there are: all in small letters, but none that begins
 * with `nobody`.
 */
export const identityHandlers: readonly OperationHandler[] = [
  {
    operation: identityOperations.keys,
    handle: async () => ({ body: { keys: [{ ...publicKey, kid, alg: identityAlgorithm, use: 'sig' }] } as never }),
  },
  { operation: identityOperations.revocations, handle: async () => ({ body: { keys: [] } as never }) },
  {
    operation: identityOperations.login,
    handle: async input => {
      const { login } = input as { readonly login: string }
      return { body: { login: /^nobody/i.test(login) ? null : login.toLowerCase() } as never }
    },
  },
  {
    operation: identityOperations.service,
    handle: async input => {
      const { service } = input as { readonly service: ServiceName }
      return { body: { identity_token: serviceToken(service), expires_in: 3600 } as never }
    },
  },
]

/** An identity token of a service of the platform, who may do in releases what its part is. */
export function serviceToken(service: ServiceName): string {
  return identityToken(`slipway-${service}`, { service, roles: ['ADMIN'] })
}

/** An identity token as the gateway signs them, good for `seconds`, an hour if nothing is said. A user without any right unless `given` says otherwise. */
export function identityToken(login: string, given: Partial<Identity> = {}, seconds = 3600): string {
  const identity: Identity = {
    subject: login,
    login,
    kind: 'user',
    roles: [],
    groups: [],
    permissions: [],
    member: null,
    superuser: false,
    ...given,
  }
  const claims = { identity, aud: identityAudience, exp: Math.floor(Date.now() / 1000) + seconds }
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: identityAlgorithm, kid })}.${part(claims)}`
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`
}
