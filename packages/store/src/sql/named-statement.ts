import type { Statement } from '../types.ts'

/** A statement whose parameters have names, and the order in which their values are passed. */
export type NamedStatement = { readonly statement: Statement; readonly parameters: readonly string[] }

/**
 * Turns `:name` into `$1`, `$2`, … in the order of first appearance, so that statements put together from parts need
 * no bookkeeping of numbers. Casts (`::text`) are left alone.
 */
export function namedStatement(name: string, text: string): NamedStatement {
  const parameters: string[] = []
  const numbered = text.replaceAll(/(?<!:):([a-z][a-z_0-9]*)/g, (_match, parameter: string) => {
    if (!parameters.includes(parameter)) parameters.push(parameter)
    return `$${parameters.indexOf(parameter) + 1}`
  })
  return { statement: { name, text: numbered }, parameters }
}

/** The values of a named statement, in its order; what is not given is null. */
export function valuesOf({ parameters }: NamedStatement, given: Readonly<Record<string, unknown>>): unknown[] {
  return parameters.map(parameter => given[parameter] ?? null)
}
