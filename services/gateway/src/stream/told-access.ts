import type { EventEnvelope } from '@slipway/contracts'
import type { Queryable, Store } from '@slipway/store'
import { prepare } from '../sql.ts'

/** What is known of the sources and orgs that events are about: which are private, and who belongs to which org. */
export type ToldAccess = {
  /** Grows with each change. */
  readonly revision: number
  isPrivate(thing: string): boolean
  /** URLs of the orgs that a login belongs to. */
  orgsOf(login: string): readonly string[]
  note(told: Told): void
}

export type Told = {
  readonly url: string
  readonly aggregate: string
  readonly sequence: number
  /** Milliseconds since 1970 at which it was so. */
  readonly at: number
  readonly public: boolean
  readonly members: readonly string[] | null
}

const columns = ['url', 'aggregate', 'sequence', 'public', 'members', 'at'] as const

/**
 * Older news of the same thing changes nothing. A thing that was made anew at its URL begins anew: what comes late of the
 * one before is told from it by its time.
 */
const note = prepare<Told>()('told-access.note', (db, p) =>
  db
    .insertInto('told_access')
    .values({
      url: p.url,
      aggregate: p.aggregate,
      sequence: p.sequence,
      public: p.public,
      members: p.members,
      at: p.at,
    })
    .onConflict(conflict =>
      conflict
        .column('url')
        .doUpdateSet(eb => ({
          aggregate: eb.ref('excluded.aggregate'),
          sequence: eb.ref('excluded.sequence'),
          public: eb.ref('excluded.public'),
          members: eb.ref('excluded.members'),
          at: eb.ref('excluded.at'),
        }))
        .where(eb =>
          eb
            .case()
            .when('told_access.aggregate', '=', eb.ref('excluded.aggregate'))
            .then(eb('told_access.sequence', '<', eb.ref('excluded.sequence')))
            .else(eb('told_access.at', '<=', eb.ref('excluded.at')))
            .end(),
        ),
    ),
)
const all = prepare()('told-access.all', db => db.selectFrom('told_access').select(columns))
const of = prepare<{ things: readonly string[]; logins: readonly string[] }>()('told-access.of', (db, p) =>
  db
    .selectFrom('told_access')
    .select(columns)
    .where(eb => eb.or([eb('url', '=', eb.fn.any(p.things)), eb('members', '&&', p.logins)])),
)

/** What an event says of who may see a source or org; undefined for any other event, and where it does not say. */
export function toldBy({ type, subject, sequence, time, data }: EventEnvelope): Told | undefined {
  if (!/^slipway\.v1\.(?:org|source)\./.test(type)) return undefined
  const { url, public_access, members } = (data ?? {}) as Readonly<Record<string, unknown>>
  if (typeof url !== 'string' || typeof public_access !== 'string') return undefined
  const logins = Array.isArray(members) ? members.map(login => String(login).toLowerCase()) : null
  const at = Date.parse(time)
  return { url, aggregate: subject, sequence, at, public: public_access !== 'None', members: logins }
}

export async function noteAccess(tx: Queryable, events: readonly EventEnvelope[]): Promise<void> {
  for (const event of events) {
    const told = toldBy(event)
    if (told) await tx.query(note, told)
  }
}

const isOlder = (told: Told, before: Told): boolean =>
  told.aggregate === before.aggregate ? told.sequence <= before.sequence : told.at < before.at

/** Everything that is known, kept up to date by who calls `note`. */
export async function loadAccess(store: Store): Promise<ToldAccess> {
  return accessOf(await store.read(all))
}

/** As far as it matters for some things and some logins. */
export async function accessIn(
  tx: Queryable,
  things: readonly string[],
  logins: readonly string[],
): Promise<ToldAccess> {
  return accessOf(await tx.query(of, { things, logins }))
}

export function accessOf(known: readonly Told[]): ToldAccess {
  const byUrl = new Map<string, Told>()
  const orgs = new Map<string, Set<string>>()
  let revision = 0

  function remember(told: Told) {
    const before = byUrl.get(told.url)
    if (before && isOlder(told, before)) return
    for (const login of before?.members ?? []) orgs.get(login)?.delete(told.url)
    for (const login of told.members ?? []) {
      const own = orgs.get(login) ?? new Set()
      orgs.set(login, own.add(told.url))
    }
    byUrl.set(told.url, told)
    revision += 1
  }

  for (const told of known) remember(told)
  return {
    get revision() {
      return revision
    },
    isPrivate: thing => byUrl.get(thing)?.public === false,
    orgsOf: login => [...(orgs.get(login.toLowerCase()) ?? [])],
    note: remember,
  }
}
