import type { Identity } from '@slipway/contracts'
import type { GatewayConfig } from '../config.ts'
import type { IdentityOptions } from './identity.ts'

/** Who everybody is in development; the name is that of the Kids First Release Coordinator. */
const developer: Identity = {
  subject: 'development',
  login: 'devadmin',
  kind: 'user',
  roles: ['ADMIN'],
  groups: [],
  permissions: [],
  member: null,
  superuser: true,
}

/** The part of the configuration that says who may sign in. */
export function identitySettings(config: GatewayConfig): Omit<IdentityOptions, 'store' | 'bus' | 'log'> {
  const domain = config.AUTH0_DOMAIN && issuerUrl(config.AUTH0_DOMAIN)
  return {
    administrator: { token: config.SLIPWAY_ADMIN_TOKEN, password: config.SLIPWAY_ADMIN_PASSWORD },
    accounts: config.SLIPWAY_ACCOUNTS,
    keyDays: config.SLIPWAY_KEY_DAYS,
    loginAttempts: config.SLIPWAY_LOGIN_ATTEMPTS,
    passwordCost: config.SLIPWAY_PASSWORD_COST,
    everybodyIs: config.SLIPWAY_DEVELOPMENT ? developer : null,
    external: {
      keyUrls: config.AUTH0_JWKS ?? (domain ? [`${domain}/.well-known/jwks.json`] : []),
      keyAgeMs: config.CACHE_AUTH0_TIMEOUT * 1000,
      userInfoUrl: domain && `${domain}/userinfo`,
      audience: config.SLIPWAY_TOKEN_AUDIENCE,
      ownAudience: config.AUTH0_AUD,
      issuer: config.SLIPWAY_TOKEN_ISSUER,
      rolesClaim: config.SLIPWAY_ROLES_CLAIM,
      groupsClaim: config.SLIPWAY_GROUPS_CLAIM,
    },
  }
}

/** The domain may come with or without a scheme. */
function issuerUrl(domain: string): string {
  const url = /^https?:\/\//.test(domain) ? domain : `https://${domain}`
  return url.replace(/\/+$/, '')
}
