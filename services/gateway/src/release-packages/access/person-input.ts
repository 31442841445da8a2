import { isoDay } from '@slipway/contracts'
import { z } from 'zod'
import { newLogin } from '../../identity/login.ts'

const text = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[^\0]*$/)

/** A login as the platform takes it, of the length that MLDS knows. */
const login = newLogin(100)
const language = text(5).min(2)

const person = {
  login,
  firstName: text(50).nullish(),
  lastName: text(50).nullish(),
  langKey: language.nullish(),
}

const email = text(100).regex(/^[^\s@]+@[^\s@]+$/, 'must be an e-mail address')
const password = text(100).min(5)

/** Of somebody who registers. What else clients send is ignored, roles and members above all. */
export const registrationInput = z.object({
  ...person,
  password,
  email,
  country: z.object({ isoCode2: text(2) }),
  initialUsagePeriod: z
    .object({ startDate: isoDay(), endDate: isoDay() })
    .refine(({ startDate, endDate }) => startDate <= endDate, 'must end after it begins')
    .nullish(),
})

/** What people may set of themselves: names, address, language. What is absent stays; an address is never taken away. */
export const ownProfileInput = z.object({
  firstName: person.firstName,
  lastName: person.lastName,
  email: email.nullish(),
  langKey: person.langKey,
})
/** Of somebody who forgot the password. */
export const resetInput = z.object({ email })
export const ownPassword = z.object({ password })

const roles = z.array(text(50).regex(/^ROLE_(?:ADMIN|USER|(?:STAFF|MEMBER)(?:_\w+)?)$/, 'must be a role of this API'))

/** An affiliate that is to have a login, as clients send it back; what else is in it is ignored. */
export const affiliateLoginInput = z.object({
  affiliateId: z.int().nonnegative(),
  affiliateDetails: z.object({
    email: email.toLowerCase().pipe(login),
    firstName: text(255).nullish(),
    lastName: text(255).nullish(),
  }),
})

/** Of somebody whom an administrator makes an account for. */
export const newUserInput = z.object({
  ...person,
  password: text(1024).min(1),
  email: text(100).nullish(),
  roles: roles.min(1),
  member: z
    .union([text(50), z.object({ key: text(50) }).transform(({ key }) => key)])
    .nullish()
    .meta({ description: 'Key of the member that staff and insiders act for' }),
})
