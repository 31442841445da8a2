import { type ErrorDetail, numberText } from '@slipway/contracts'

/** What is wrong with one field. */
export function problem(field: string, reason: string, message: string): ErrorDetail {
  return { path: [field], reason, message }
}

/** What is wrong with an object as a whole. */
export function wholeProblem(message: string): ErrorDetail {
  return { path: [], reason: 'refused', message }
}

export function missingObject(field: string, slug: string, value: string): ErrorDetail {
  return problem(field, 'does_not_exist', `Object with ${slug}=${value} does not exist.`)
}

/** More choices than this are not listed: the message would be as long as the table. */
const mostChoices = 100

export function notAChoice(field: string, value: string, choices: readonly string[]): ErrorDetail {
  const listed = choices.slice(0, mostChoices).map(choice => `'${choice}'`)
  return problem(field, 'not_a_choice', `'${value}' is not allowed value. Use one of ${listed.join(', ')}.`)
}

/** The values that some field has in any of the bodies, for loading what they refer to. */
export function given(bodies: readonly unknown[], field: string): string[] {
  const values = new Set<string>()
  for (const body of bodies) {
    const value = (body as Record<string, unknown> | null | undefined)?.[field]
    const key = numberText(value) ?? value
    if (typeof key === 'string' && key !== '') values.add(key)
  }
  return [...values]
}
