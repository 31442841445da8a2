import type { Statement, Store } from '../types.ts'
import { type DumpOptions, ownSchemas } from './dump-schema.ts'

type Column = {
  readonly table: string
  readonly name: string
  /** Of the element, where it is an array. */
  readonly type: string
  readonly isArray: boolean
  readonly nullable: boolean
  /** How a row that is inserted gets it. */
  readonly filled: 'always' | 'default' | 'given'
  /** The words that a check allows. */
  readonly words: readonly string[] | null
}

/** Words are read out of checks of one column, as PostgreSQL writes them: `(state = ANY (ARRAY['a'::text, …]))`. */
const columns: Statement = {
  name: 'platform.dump-columns',
  text: `
    select case nspname when 'public' then '' else nspname || '.' end || relname as table, attname as name,
      coalesce(e.typname, t.typname) as type, e.oid is not null as "isArray", not attnotnull as nullable,
      case when attidentity = 'a' or attgenerated <> '' then 'always'
        when attidentity = 'd' or adbin is not null then 'default' else 'given' end as filled,
      (
        select array_agg(word[1])
        from pg_constraint k, regexp_matches(pg_get_constraintdef(k.oid), '''((?:[^'']|'''')*)''::text', 'g') word
        where k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[attnum]
          and pg_get_constraintdef(k.oid) like format('CHECK ((%I = ANY (ARRAY[%%', attname)
      ) as words
    from pg_class c join pg_namespace n on n.oid = relnamespace
      join pg_attribute a on attrelid = c.oid and attnum > 0 and not attisdropped
      join pg_type t on t.oid = atttypid left join pg_type e on e.oid = t.typelem and t.typcategory = 'A'
      left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where nspname = any($1) and relkind in ('r', 'p', 'v')
    order by nspname collate "C", relname collate "C", attnum`,
}

/** As values come back from the store; see type-parsers.ts. */
const types: Readonly<Record<string, string>> = {
  bool: 'boolean',
  int2: 'number',
  int4: 'number',
  int8: 'number',
  float4: 'number',
  float8: 'number',
  oid: 'number',
  bytea: 'Buffer',
  json: 'unknown',
  jsonb: 'unknown',
}

/**
 * The tables and views as kysely sees them, as a module of TypeScript, so that a statement with a column that is not there does not
 * compile. The same structure gives the same text on every machine, and a committed copy is checked like that of the
 * schema. Those of `platform` come from this package.
 */
export async function dumpTables(store: Store, options: DumpOptions = {}): Promise<string> {
  const schemas = options.schemas ?? (await store.read<{ schema: string }>(ownSchemas)).map(row => row.schema)
  const tables = Map.groupBy(await store.read<Column>(columns, [schemas]), column => column.table)
  const members = [...tables].map(
    ([table, own]) => `  ${key(table)}: {\n${own.map(column => `    ${memberOf(column)}\n`).join('')}  }\n`,
  )
  const body = members.join('')
  const wrappers = ['Generated', 'GeneratedAlways'].filter(wrapper => body.includes(`: ${wrapper}<`))
  const imports = wrappers.length > 0 ? [`import type { ${wrappers.join(', ')} } from 'kysely'`] : []
  if (options.schemas) return moduleOf(imports, `export type PlatformTables = {\n${body}}`)
  return moduleOf(
    [`import type { PlatformTables } from '@slipway/store'`, ...imports],
    `export type Database = PlatformTables & {\n${body}}`,
  )
}

const moduleOf = (imports: readonly string[], type: string): string =>
  `// Made from the migrations by \`npm run schema\`; not to be edited.\n${imports.join('\n')}\n\n${type}\n`

function memberOf({ name, type, isArray, nullable, filled, words }: Column): string {
  const single = words ? words.map(word => `'${word}'`).join(' | ') : (types[type] ?? 'string')
  const whole = isArray ? (words ? `(${single})[]` : `${single}[]`) : single
  const value = nullable && whole !== 'unknown' ? `${whole} | null` : whole
  if (filled === 'always') return `${key(name)}: GeneratedAlways<${value}>`
  return `${key(name)}: ${filled === 'default' && !nullable ? `Generated<${value}>` : value}`
}

const key = (name: string): string => (/^[a-z_]\w*$/.test(name) ? name : `'${name}'`)
