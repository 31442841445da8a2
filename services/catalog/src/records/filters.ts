import { failure } from '@slipway/contracts'
import { parameter } from '@slipway/store'
import { type Expression, type SqlBool, sql } from 'kysely'
import type { Filter } from './kind.ts'

/** Any of the values; an empty one does not count. `make` makes the condition from the parameter, an array of texts. */
export function anyOf(name: string, make: (texts: Expression<string[]>) => Expression<SqlBool>): Filter {
  const where = make(sql`${parameter(name)}::text[]`)
  return values => {
    const given = values.filter(value => value !== '')
    return given.length > 0 ? { name, where, value: given } : undefined
  }
}

export const anyColumn = (name: string, column: Expression<string | null>): Filter =>
  anyOf(name, texts => sql`${column} = any(${texts})`)

/** The last value, exactly; an empty one does not count. */
export function exactly(name: string, make: (text: Expression<string>) => Expression<SqlBool>): Filter {
  const where = make(sql`${parameter(name)}::text`)
  return values => {
    const value = values.at(-1) ?? ''
    return value === '' ? undefined : { name, where, value }
  }
}

/** The last value; one of the words for "none" asks for rows without any. */
export function exactlyOrNull(name: string, column: Expression<string | null>): Filter {
  const nulls = ['null', 'Null', 'NULL', 'None']
  const none = { name: `${name}_none`, where: sql<SqlBool>`${column} is null` }
  const equal = exactly(name, text => sql`${column} = ${text}`)
  return (values, read) => (nulls.includes(values.at(-1) ?? '') ? none : equal(values, read))
}

/** `true t 1`, `false f 0` in any case. @throws `invalid` for anything else */
export function boolean(name: string, where: Expression<SqlBool>): Filter {
  const not = { name: `not_${name}`, where: sql<SqlBool>`not (${where})` }
  return values => {
    const value = values.at(-1) ?? ''
    if (value === '') return undefined
    if (/^(?:true|t|1)$/i.test(value)) return { name, where }
    if (/^(?:false|f|0)$/i.test(value)) return not
    throw failure('invalid', `${value} is not a valid boolean value`)
  }
}

/** For what no row can have. */
export const never: Filter = values => (values.some(value => value !== '') ? { nothing: true } : undefined)
