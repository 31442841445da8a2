import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { failure, loginFault } from '@slipway/contracts'
import { z } from 'zod'

const name = z.string().min(1, 'must not be empty')
const names = z.array(name)

const accountSchema = z.strictObject({
  login: z
    .string()
    .regex(/^[^\s:]+$/u, { error: 'must be a name without blanks and colons (it is sent as Basic, too)', abort: true })
    .superRefine((login, context) => {
      const fault = loginFault(login, { configured: true })
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
    }),
  password: name.optional(),
  token: z
    .string()
    .regex(/^[\x21-\x7e]+$/u, 'must be printable ASCII without blanks')
    .optional(),
  email: z
    .string()
    .regex(/^\S+@\S+$/u, 'must be an e-mail address')
    .optional(),
  roles: names.optional(),
  groups: names.optional(),
  permissions: names.optional(),
  member: name.nullish(),
  active: z.boolean().optional(),
})

export type Account = z.input<typeof accountSchema>

/**
 * Checks a file of accounts before anything is started and returns its absolute path. Fails with `invalid`: one line for
 * each fault, naming the entry by number (from 1) and login.
 */
export async function checkAccountsFile(file: string): Promise<string> {
  const path = resolve(file)
  const faults = await faultsOf(path)
  if (faults.length > 0) throw failure('invalid', faults.map(fault => `SLIPWAY_ACCOUNTS: ${path}: ${fault}`).join('\n'))
  return path
}

async function faultsOf(path: string): Promise<string[]> {
  let entries: unknown
  try {
    entries = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    return [error instanceof SyntaxError ? `is not JSON: ${error.message}` : `can not be read: ${String(error)}`]
  }
  return Array.isArray(entries) ? accountFaults(entries) : ['must be a list of accounts']
}

/** What is wrong with a list of accounts, a line each; empty when nothing is. */
export function accountFaults(entries: readonly unknown[]): string[] {
  const seen = new Map<string, number>()
  return entries.flatMap((entry, index) => {
    const login = loginOf(entry)
    const title = `entry ${index + 1}${login === undefined ? '' : ` (${login})`}`
    const result = accountSchema.safeParse(entry)
    if (!result.success) return result.error.issues.map(issue => `${title}: ${describe(issue)}`)
    const earlier = seen.get(result.data.login)
    if (earlier !== undefined) return [`${title}: the login is already that of entry ${earlier}`]
    seen.set(result.data.login, index + 1)
    return []
  })
}

function loginOf(entry: unknown): string | undefined {
  if (typeof entry !== 'object' || entry === null || !('login' in entry)) return undefined
  return typeof entry.login === 'string' ? entry.login : undefined
}

function describe(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `unknown field ${issue.keys.map(key => `"${key}"`).join(', ')}`
  const field = issue.path.join('.')
  return field === '' ? issue.message : `${field}: ${issue.message}`
}
