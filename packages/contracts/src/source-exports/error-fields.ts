import type { ErrorDetail } from '../error.ts'

/**
 * Details as clients of the Open Concept Lab read them: by field, `__all__` for the body itself. A detail with the reason
 * `plain` is a bare text, all others are lists.
 */
export function errorFields(details: readonly ErrorDetail[]): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = Object.create(null)
  for (const { path, reason, message } of details) {
    const name = String(path[0] ?? '__all__')
    const known = fields[name]
    if (reason === 'plain') fields[name] = message
    else if (Array.isArray(known)) known.push(message)
    else fields[name] = [message]
  }
  return fields
}
