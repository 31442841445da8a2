import type { AnyStore, Statement } from '@slipway/store'

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

/** Countries by their two letters, in the order of their names. */
export type Countries = ReadonlyMap<string, Country>

/** Reads countries once a process: they change with migrations only, or by hand between two starts. */
export function countriesOf(store: Pick<AnyStore, 'read'>): () => Promise<Countries> {
  let known: Promise<Countries> | undefined
  async function read(): Promise<Countries> {
    const rows = await store.read<Country>(all)
    return new Map(rows.map(country => [country.isoCode2, country]))
  }
  return () => {
    known ??= read().catch(error => {
      known = undefined
      throw error
    })
    return known
  }
}
