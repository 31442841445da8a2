import type { Identity } from './identity.ts'
import { isEditor, viewerOf } from './release-packages/viewer.ts'
import type { ServiceName } from './service-name.ts'

/** Rights that let somebody read what is about others, each by the roles of the API that has it. */
const rights = {
  /** Of the platform. Machine clients of an external issuer count as administrators of releases only. */
  administrator: ({ superuser, kind, roles }: Identity) =>
    superuser || (kind === 'user' && roles.some(role => role === 'ADMIN' || role === 'ROLE_ADMIN')),
  /** Of releases, machine clients and services of the platform among them. */
  'release-administrator': ({ superuser, kind, roles }: Identity) =>
    superuser || kind === 'service' || roles.includes('ADMIN'),
  /** Who may have webhooks. */
  developer: (identity: Identity): boolean =>
    rights.administrator(identity) || identity.kind === 'service' || identity.roles.includes('DEV'),
  /** Of release packages. */
  'package-administrator': (identity: Identity) => viewerOf(identity).kind === 'admin',
  /** Staff of a member, and administrators, of release packages. */
  editor: (identity: Identity) => isEditor(viewerOf(identity)),
  /** Whoever sees versions of packages in any state. */
  insider: (identity: Identity) => ['member', 'staff', 'admin'].includes(viewerOf(identity).kind),
  /** Affiliates, who see versions that are tried out, too. */
  affiliate: (identity: Identity) => !['anonymous', 'none'].includes(viewerOf(identity).kind),
  /** Whoever acts for an affiliate, or looks after them. */
  licensee: (identity: Identity) => ['user', 'staff', 'admin'].includes(viewerOf(identity).kind),
  /** Staff of source exports. */
  staff: ({ superuser, kind, roles }: Identity) => superuser || kind === 'service' || roles.includes('staff'),
  /** `ACCESS_ALL_DATA` of studies and tasks, or a role that has it. */
  'all-data': ({ superuser, kind, roles, permissions }: Identity) =>
    superuser ||
    kind === 'service' ||
    roles.includes('ADMIN') ||
    roles.includes('staff') ||
    permissions.includes('ACCESS_ALL_DATA'),
  /** Curators with all data, who publish all studies at once. */
  publisher: (identity: Identity): boolean =>
    rights['all-data'](identity) &&
    (rights['release-administrator'](identity) || identity.roles.some(role => role === 'staff' || role === 'curator')),
} as const
export type Right = keyof typeof rights

export const holdsRight = (right: Right, identity: Identity): boolean => rights[right](identity)

/**
 * Who may read an event, or see a row of a list. It is declared once, and everything that shows one keeps to it: the
 * stream, webhooks, lists, the permissions of the broker. Names in it are fields of the data; `actor` is who caused it.
 */
export type Audience =
  /** Everybody, without credentials, too. */
  | { readonly of: 'everybody' }
  /** Whoever has one of the rights, is the account of that login, in the group of that study, or staff of that member. */
  | ({ readonly of: 'some'; readonly rights: readonly Right[] } & About)
  /** Whoever may view the source or org of that URL: everybody, unless it is private. */
  | { readonly of: 'viewers'; readonly url: string }
  /** Whoever belongs to the source or org of that URL, and staff. */
  | { readonly of: 'owners'; readonly url: string }
  /** Whoever may see a version of a release package in the state that the field holds. */
  | { readonly of: 'version'; readonly state: string }
  | ServiceAudience

/** Those services, who prove who they are, and nobody who reads in any other way than they do. */
export type ServiceAudience = { readonly of: 'service'; readonly services: readonly ServiceName[] }

/** Fields that name the login, the study or the member organisation that something is about. */
export type About = { readonly account?: string; readonly group?: string; readonly member?: string }

export const everybody: Audience = { of: 'everybody' }

/** Holders of rights, and the account, the group, or the staff of the member that it is about. */
export function some(rights: readonly Right[], about: About = {}): Audience {
  return { of: 'some', rights, ...about }
}

export const viewersOf = (url: string): Audience => ({ of: 'viewers', url })
export const versionViewers = (state: string): Audience => ({ of: 'version', state })
export const ownersOf = (url: string): Audience => ({ of: 'owners', url })
export const onlyService = (...services: readonly ServiceName[]): ServiceAudience => ({ of: 'service', services })

/** True for what everybody may read, whatever it is about: the only events that programs may follow on the bus itself. */
export const isPublic = (audience: Audience): boolean => audience.of === 'everybody'

/**
 * Who may read one event: `readers` are words, and so is who somebody is (`readerWords`); one in common is enough.
 * `thing` is the source or org whose privacy, if it is private by now, takes the word of everybody away again.
 */
export type Readers = { readonly readers: readonly string[]; readonly thing: string | null }

type Told = { readonly actor: string; readonly data: unknown }

const public_ = '*'
const rightWord = (right: Right) => `right:${right}`
const accountWord = (login: string) => `account:${login.toLowerCase()}`
const groupWord = (group: string) => `group:${group}`
const memberWord = (member: string) => `member:${member}`
const ownerWord = (url: string) => `owner:${url}`

/** Readers of an event whose type this version does not know. */
export const unknownReaders: Readers = { readers: [rightWord('administrator')], thing: null }

/** Who may read an event of that audience. What cannot be found out is for nobody but holders of rights. */
export function readersOf(audience: Audience, { actor, data }: Told): Readers {
  const fields = (typeof data === 'object' && data !== null ? data : {}) as Readonly<Record<string, unknown>>
  const text = (field: string | undefined) => {
    const value = field === undefined ? undefined : field === 'actor' ? actor : fields[field]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  switch (audience.of) {
    case 'everybody':
      return { readers: [public_], thing: null }
    case 'some': {
      const [account, group, member] = [text(audience.account), text(audience.group), text(audience.member)]
      const about = [account && accountWord(account), group && groupWord(group), member && memberWord(member)]
      return { readers: [...audience.rights.map(rightWord), ...about.filter(word => word !== undefined)], thing: null }
    }
    case 'owners':
    case 'viewers': {
      const url = text(audience.url)
      const thing = url === undefined ? null : thingOf(url)
      const mayBeShown = audience.of === 'viewers' && thing !== null
      const shown = mayBeShown && (fields.public_access === 'View' || fields.public_access === 'Edit')
      const owner = thing === null ? [] : [ownerWord(ownerOf(thing))]
      return { readers: [rightWord('staff'), ...owner, ...(shown ? [public_] : [])], thing }
    }
    case 'version': {
      const state = text(audience.state)
      const more = state === 'online' ? [public_] : state === 'alpha/beta' ? [rightWord('affiliate')] : []
      return { readers: [rightWord('insider'), ...more], thing: null }
    }
    case 'service':
      return { readers: [], thing: null }
  }
}

/** What somebody is, in the words of readers. `orgs`: URLs of the orgs that the login belongs to. */
export function readerWords(identity: Identity | null, orgs: readonly string[]): ReadonlySet<string> {
  if (!identity) return new Set([public_])
  const { kind, login, groups } = identity
  const held = (Object.keys(rights) as Right[]).filter(right => rights[right](identity))
  const account = kind === 'service' ? `service:${login}` : login
  const viewer = viewerOf(identity)
  return new Set([
    public_,
    ...held.map(rightWord),
    accountWord(account),
    ...groups.map(groupWord),
    ...(viewer.kind === 'staff' && viewer.member !== null ? [memberWord(viewer.member)] : []),
    ...(kind === 'user' ? [ownerWord(`/users/${login.toLowerCase()}/`)] : []),
    ...orgs.map(ownerWord),
  ])
}

/** Whether somebody may read it. `isPrivate`: whether a source or org is private now, as far as that is known. */
export function mayRead(
  { readers, thing }: Readers,
  words: ReadonlySet<string>,
  isPrivate: (thing: string) => boolean,
): boolean {
  const hidden = thing !== null && isPrivate(thing)
  return readers.some(reader => words.has(reader) && !(hidden && reader === public_))
}

/** `/orgs/MyOrg/sources/ICD/v1/` is about the source `/orgs/MyOrg/sources/ICD/`. */
function thingOf(url: string): string | null {
  return /^\/(?:orgs|users)\/[^/]+\/(?:sources\/[^/]+\/)?/.exec(url)?.[0] ?? null
}

/** Logins are the same whatever their case, ids of orgs are not. */
function ownerOf(thing: string): string {
  const owner = /^\/(?:orgs|users)\/[^/]+\//.exec(thing)?.[0] ?? thing
  return owner.startsWith('/users/') ? owner.toLowerCase() : owner
}
