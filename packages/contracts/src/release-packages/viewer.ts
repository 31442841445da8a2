import type { Identity } from '../identity.ts'

/**
 * Who calls, in the terms of the MLDS API. `none`: signed in without a role of this API. `member` is the member that
 * the caller acts for: an administrator `IHTSDO`, staff and insiders their own; null where there is none.
 */
export type Viewer = {
  readonly kind: 'anonymous' | 'none' | 'user' | 'member' | 'staff' | 'admin'
  readonly member: string | null
  /** In lower case; null for anonymous callers. */
  readonly login: string | null
}

/** The member whose packages go to every approved affiliate, and for which administrators act. */
export const leadingMember = 'IHTSDO'

/** The roles of MLDS: the greatest right counts where an account has several. */
export function viewerOf(identity: Identity | null): Viewer {
  if (!identity) return { kind: 'anonymous', member: null, login: null }
  const { roles, superuser } = identity
  const login = identity.login.toLowerCase()
  const has = (role: string) => roles.some(given => given === role || given.startsWith(`${role}_`))
  const memberOf = (role: string) =>
    roles.find(given => given.startsWith(`${role}_`))?.slice(role.length + 1) ?? identity.member
  if (superuser || roles.includes('ROLE_ADMIN')) return { kind: 'admin', member: leadingMember, login }
  if (has('ROLE_STAFF')) return { kind: 'staff', member: memberOf('ROLE_STAFF'), login }
  if (has('ROLE_MEMBER')) return { kind: 'member', member: memberOf('ROLE_MEMBER'), login }
  return { kind: roles.includes('ROLE_USER') ? 'user' : 'none', member: null, login }
}

export const isEditor = ({ kind }: Viewer): boolean => kind === 'staff' || kind === 'admin'
