import { type AliasedRawBuilder, type Expression, sql } from 'kysely'

/**
 * The rows of a JSON array of objects that is given as one parameter, as a table of this name: any number of rows are
 * written by one statement. Columns are named with their types in PostgreSQL; a field that an object lacks is null.
 *
 * ```ts
 * const added = prepare<{ notes: string }>()('note.add', (db, p) => {
 *   const notes = recordset<{ author: string; text: string }>()(p.notes, 'new', { author: 'text', text: 'text' })
 *   return db.insertInto('note').columns(['author', 'text']).expression(q => q.selectFrom(notes).select(['new.author', 'new.text']))
 * })
 * await store.write(added, { notes: JSON.stringify(notes) })
 * ```
 */
export function recordset<Row>() {
  return <Name extends string>(
    json: Expression<string>,
    name: Name,
    columns: Readonly<Record<keyof Row & string, string>>,
  ): AliasedRawBuilder<Row, Name> => {
    const list = Object.entries<string>(columns).map(([column, type]) => sql`${sql.id(column)} ${sql.raw(type)}`)
    return sql<Row>`json_to_recordset(${json})`.as<Name>(sql`${sql.id(name)}(${sql.join(list)})`)
  }
}
