import { failure, loginFault } from '@slipway/contracts'
import { z } from 'zod'

/** A login that somebody asks for; how long it may be is the affair of each API. */
export const newLogin = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[^\s:/]+$/, { error: 'must have no blanks, colons or slashes', abort: true })
    .superRefine((login, context) => {
      const fault = loginFault(login)
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
    })

/** For whatever way leads to a new account. @throws `invalid` for a login that nobody may be given */
export function requireLogin(login: string): void {
  const fault = loginFault(login)
  if (fault === undefined) return
  throw failure('invalid', `login: ${fault}`, { details: [{ path: ['login'], reason: 'invalid', message: fault }] })
}
