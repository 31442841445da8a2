import { leadingMember } from '@slipway/contracts'
import { now, type Queryable, type Store } from '@slipway/store'
import { type SqlBool, sql } from 'kysely'
import { jsonBuildObject } from 'kysely/helpers/postgres'
import { prepare } from '../sql.ts'

export type Country = {
  readonly isoCode2: string
  readonly isoCode3: string
  readonly commonName: string
  readonly excludeUsage: boolean
  readonly alternateRegistrationUrl: string | null
  readonly member: { readonly key: string }
}

const all = prepare()('country.all', db =>
  db
    .selectFrom('country as c')
    .leftJoin('member as m', 'm.key', 'c.iso_code2')
    .select(eb => [
      'c.iso_code2 as isoCode2',
      'c.iso_code3 as isoCode3',
      'c.common_name as commonName',
      'c.exclude_usage as excludeUsage',
      'c.alternate_registration_url as alternateRegistrationUrl',
      jsonBuildObject({ key: eb.fn.coalesce('m.key', sql.lit(leadingMember)) }).as('member'),
    ])
    .orderBy('c.common_name')
    .orderBy('c.iso_code2'),
)

const save = prepare<Omit<Country, 'member'>>()('country.save', (db, p) =>
  db
    .insertInto('country')
    .values({
      iso_code2: p.isoCode2,
      iso_code3: p.isoCode3,
      common_name: p.commonName,
      exclude_usage: p.excludeUsage,
      alternate_registration_url: p.alternateRegistrationUrl,
    })
    .onConflict(known =>
      known.column('iso_code2').doUpdateSet(eb => ({
        iso_code3: eb.ref('excluded.iso_code3'),
        common_name: eb.ref('excluded.common_name'),
        exclude_usage: eb.ref('excluded.exclude_usage'),
        alternate_registration_url: eb.ref('excluded.alternate_registration_url'),
      })),
    ),
)
const remove = prepare<{ isoCode2: string }>()('country.delete', (db, p) =>
  db.deleteFrom('country').where('iso_code2', '=', p.isoCode2).returning('iso_code2'),
)
const used = prepare<{ isoCode2: string }>()('country.used', (db, p) =>
  db
    .selectFrom(q =>
      q.selectFrom('affiliate').select('details').unionAll(q.selectFrom('application').select('details')).as('one'),
    )
    .select([])
    .where(sql<SqlBool>`${p.isoCode2} in (details #>> '{address,country}', details #>> '{billingAddress,country}')`)
    .unionAll(db.selectFrom('commercial_usage_entry').select([]).where('country', '=', p.isoCode2))
    .unionAll(db.selectFrom('commercial_usage_country').select([]).where('country', '=', p.isoCode2))
    .limit(sql.lit(1)),
)

export async function saveCountry(tx: Queryable, country: Omit<Country, 'member'>): Promise<void> {
  await tx.query(save, country)
}

/** False if there is none. */
export async function deleteCountry(tx: Queryable, isoCode2: string): Promise<boolean> {
  return (await tx.query(remove, { isoCode2 })).length > 0
}

/** Whether an affiliate or an application has it in an address, or a usage report is about it. */
export async function isCountryUsed(tx: Queryable, isoCode2: string): Promise<boolean> {
  return (await tx.query(used, { isoCode2 })).length > 0
}

/** Countries by their two letters, in the order of their names. */
export type Countries = ReadonlyMap<string, Country>

/** `forget`: because this process changed some. */
export type CountriesReader = (() => Promise<Countries>) & { readonly forget: () => void }

/** How long what was read counts: what was changed is known after this at the latest. */
const rememberedMs = 1_000

/** Reads countries at most once a second: they hardly ever change. */
export function countriesOf(store: Pick<Store, 'read'>): CountriesReader {
  let known: Promise<Countries> | undefined
  let until = 0
  async function read(): Promise<Countries> {
    const rows = await store.read(all)
    return new Map(rows.map(country => [country.isoCode2, country]))
  }
  const current = () => {
    if (known && now() < until) return known
    until = now() + rememberedMs
    known = read().catch(error => {
      known = undefined
      throw error
    })
    return known
  }
  const forget = () => {
    known = undefined
  }
  return Object.assign(current, { forget })
}
