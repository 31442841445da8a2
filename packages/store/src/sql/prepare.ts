import {
  createQueryId,
  type DeleteQueryBuilder,
  DummyDriver,
  type InsertQueryBuilder,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type PrimitiveValueListNode,
  type RawBuilder,
  type RootOperationNode,
  type Selectable,
  sql,
  type UpdateQueryBuilder,
  type ValueNode,
} from 'kysely'
import type { Prepared, Statement } from '../types.ts'
import { statementName } from './statement-name.ts'

/** The text and the values of a run of a statement, whichever kind it is. */
export function resolve(
  what: Statement | Prepared<unknown, unknown>,
  given?: unknown,
): { statement: Statement; values: readonly unknown[] } {
  if ('statement' in what) return { statement: what.statement, values: what.values(given ?? {}) }
  return { statement: what, values: (given as readonly unknown[] | undefined) ?? [] }
}

/** Stands in a statement for a value that is given each time it runs. */
export type Parameter<Value> = RawBuilder<ColumnOf<undefined extends Value ? Exclude<Value, undefined> | null : Value>>
/** As columns are typed: nobody changes a list on its way there. */
type ColumnOf<Value> = Value extends readonly (infer Item)[] ? Item[] : Value
export type Parameters<Given> = { readonly [Name in keyof Given]-?: Parameter<Given[Name]> }

/** An insert, update or delete of one table that returns its rows: what a statement makes of which it writes an event. */
export type ChangeOf<Database, Table extends keyof Database & string, Row = Selectable<Database[Table]>> =
  | InsertQueryBuilder<Database, Table, Row>
  | UpdateQueryBuilder<Database, Table, Table, Row>
  | DeleteQueryBuilder<Database, Table, Row>

/** What was built by kysely: a query, or the `sql` template of a whole one. It compiles, and knows the type of its rows. */
type Built<Row> = { toOperationNode(): RootOperationNode; execute(): Promise<Row[]> } | RawBuilder<Row>

export type Prepare<Database> = <Given = unknown>() => <Row>(
  name: string,
  build: (db: Kysely<Database>, parameters: Parameters<Given>) => Built<Row>,
) => Prepared<Given, Row>

class Marker {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/**
 * Compiles to a text that stays: each parameter has one number, wherever it stands, and constants are written into the
 * text, where the planner sees them (an index `where state = 'running'` is of no use to `state = $1`).
 */
class PreparedCompiler extends PostgresQueryCompiler {
  readonly #names: string[] = []

  get names(): readonly string[] {
    return this.#names
  }

  protected override visitValue({ value }: ValueNode): void {
    this.#append(value)
  }

  protected override visitPrimitiveValueList({ values }: PrimitiveValueListNode): void {
    this.append('(')
    for (const [index, value] of values.entries()) {
      if (index > 0) this.append(', ')
      this.#append(value)
    }
    this.append(')')
  }

  #append(value: unknown): void {
    if (value instanceof Marker) {
      if (!this.#names.includes(value.name)) this.#names.push(value.name)
      this.append(`$${this.#names.indexOf(value.name) + 1}`)
    } else this.appendImmediateValue(value)
  }
}

/**
 * Makes the `prepare` of a service, over the tables of its database:
 *
 * ```ts
 * const prepare = preparer<Database>()
 * const latest = prepare<{ study: string }>()('release.latest', (db, p) =>
 *   db.selectFrom('release').select(['kf_id', 'state']).where('study', '=', p.study).orderBy('created_at', 'desc').limit(1))
 * const [release] = await store.read(latest, { study })
 * ```
 *
 * The statement is built when its module is loaded and never again; `p.<name>` stands for a value given at run time. Its
 * name is the name of the prepared statement at PostgreSQL: one text each. Of a name with more than 63 bytes, which are all
 * that PostgreSQL compares, a hash stands for the end.
 */
export function preparer<Database>(): Prepare<Database> {
  const db = new Kysely<Database>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: over => new PostgresIntrospector(over),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })
  return () => (name, build) => {
    const compiler = new PreparedCompiler()
    const { sql: text } = compiler.compileQuery(build(db, parametersOf()).toOperationNode(), createQueryId())
    const { names } = compiler
    return {
      statement: { name: statementName(name), text },
      values: given => names.map(name => (given as Readonly<Record<string, unknown>>)[name] ?? null),
    }
  }
}

/** Parameters for a part that statements share: those of the whole statement by the same names. */
export function parametersOf<Given>(): Parameters<Given> {
  return new Proxy({}, { get: (_, name) => parameter(String(name)) }) as Parameters<Given>
}

/** One of them, where its name is known at run time only. */
export function parameter<Value>(name: string): Parameter<Value> {
  return sql`${sql.val(new Marker(name))}`
}
