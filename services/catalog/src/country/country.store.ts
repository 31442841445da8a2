import { type AnyStore, now, type Queryable, type Statement } from '@slipway/store'

export type Country = {
  readonly isoCode2: string
  readonly isoCode3: string
  readonly commonName: string
  readonly excludeUsage: boolean
  readonly alternateRegistrationUrl: string | null
  readonly member: { readonly key: string }
}

const all: Statement = {
  name: 'country.all',
  text: `
    select c.iso_code2 as "isoCode2", c.iso_code3 as "isoCode3", c.common_name as "commonName",
      c.exclude_usage as "excludeUsage", c.alternate_registration_url as "alternateRegistrationUrl",
      json_build_object('key', coalesce(m.key, 'IHTSDO')) as member
    from country c left join member m on m.key = c.iso_code2
    order by c.common_name, c.iso_code2`,
}

const save: Statement = {
  name: 'country.save',
  text: `
    insert into country (iso_code2, iso_code3, common_name, exclude_usage, alternate_registration_url)
    values ($1, $2, $3, $4, $5)
    on conflict (iso_code2) do update set iso_code3 = excluded.iso_code3, common_name = excluded.common_name,
      exclude_usage = excluded.exclude_usage, alternate_registration_url = excluded.alternate_registration_url`,
}
const remove: Statement = {
  name: 'country.delete',
  text: 'delete from country where iso_code2 = $1 returning iso_code2',
}
const used: Statement = {
  name: 'country.used',
  text: `
    select from (select details from affiliate union all select details from application) one
    where $1 in (details #>> '{address,country}', details #>> '{billingAddress,country}')
    union all select from commercial_usage_entry where country = $1
    union all select from commercial_usage_country where country = $1 limit 1`,
}

export async function saveCountry(tx: Queryable, country: Omit<Country, 'member'>): Promise<void> {
  const { isoCode2, isoCode3, commonName, excludeUsage, alternateRegistrationUrl } = country
  await tx.query(save, [isoCode2, isoCode3, commonName, excludeUsage, alternateRegistrationUrl])
}

/** False if there is none. */
export async function deleteCountry(tx: Queryable, isoCode2: string): Promise<boolean> {
  return (await tx.query(remove, [isoCode2])).length > 0
}

/** Whether an affiliate or an application has it in an address, or a usage report is about it. */
export async function isCountryUsed(tx: Queryable, isoCode2: string): Promise<boolean> {
  return (await tx.query(used, [isoCode2])).length > 0
}

/** Countries by their two letters, in the order of their names. */
export type Countries = ReadonlyMap<string, Country>

/** `forget`: because this process changed some. */
export type CountriesReader = (() => Promise<Countries>) & { readonly forget: () => void }

/** How long what was read counts: what was changed is known after this at the latest. */
const rememberedMs = 1_000

/** Reads countries at most once a second: they hardly ever change. */
export function countriesOf(store: Pick<AnyStore, 'read'>): CountriesReader {
  let known: Promise<Countries> | undefined
  let until = 0
  async function read(): Promise<Countries> {
    const rows = await store.read<Country>(all)
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
