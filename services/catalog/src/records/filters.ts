import { failure } from '@slipway/contracts'
import type { Filter } from './kind.ts'

/** Any of the values; an empty one does not count. `sql` makes the condition from the parameter, an array of texts. */
export function anyOf(name: string, sql: (parameter: string) => string): Filter {
  return values => {
    const given = values.filter(value => value !== '')
    return given.length > 0 ? { name, sql: sql(`:${name}::text[]`), value: given } : undefined
  }
}

export const anyColumn = (name: string, column = name): Filter =>
  anyOf(name, parameter => `item.${column} = any(${parameter})`)

/** The last value, exactly; an empty one does not count. */
export function exactly(name: string, sql: (parameter: string) => string): Filter {
  return values => {
    const value = values.at(-1) ?? ''
    return value === '' ? undefined : { name, sql: sql(`:${name}::text`), value }
  }
}

/** The last value; one of the words for "none" asks for rows without any. */
export function exactlyOrNull(name: string, column: string): Filter {
  const nulls = ['null', 'Null', 'NULL', 'None']
  const equal = exactly(name, parameter => `item.${column} = ${parameter}`)
  return (values, read) =>
    nulls.includes(values.at(-1) ?? '') ? { name: `${name}_none`, sql: `item.${column} is null` } : equal(values, read)
}

/** `true t 1`, `false f 0` in any case. @throws `invalid` for anything else */
export function boolean(name: string, sql: string): Filter {
  return values => {
    const value = values.at(-1) ?? ''
    if (value === '') return undefined
    if (/^(?:true|t|1)$/i.test(value)) return { name, sql }
    if (/^(?:false|f|0)$/i.test(value)) return { name: `not_${name}`, sql: `not (${sql})` }
    throw failure('invalid', `${value} is not a valid boolean value`)
  }
}

/** For what no row can have. */
export const never: Filter = values => (values.some(value => value !== '') ? { nothing: true } : undefined)
