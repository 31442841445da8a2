import { z } from 'zod'
import { onlyService, some } from '../audience.ts'
import { eventType } from '../event.ts'
import { isoDay } from '../iso-times.ts'
import { operation } from '../operation.ts'
import { among } from '../read-audience.ts'
import { memberKeySchema } from './member.ts'

/** An account as its owner, the gateway, tells of it. */
export const knownAccountSchema = z.object({
  login: z.string().min(1),
  first_name: z.string().nullable(),
  last_name: z.string().nullable(),
  email: z.string().nullable(),
  lang_key: z.string(),
  activated: z.boolean(),
  roles: z.array(z.string()),
  member: z.string().nullable(),
  country: z.string().nullable().meta({ description: 'Two letters, given at registration' }),
  activation_key: z.string().nullable().meta({
    description:
      'Proves, once, that the e-mail address of who registered is right. In calls of `catalog.account.note` only: in events it is always null',
  }),
  base_url: z.string().nullable().meta({ description: 'Public address of the platform, for links in mails' }),
  sequence: z.int().positive().meta({ description: 'Number of the event of this state' }),
  affiliate_id: z
    .int()
    .optional()
    .meta({ description: 'Of the affiliate that the account was made for, which was there before it' }),
})
export type KnownAccount = z.output<typeof knownAccountSchema>

export const accountSchema = z
  .object({
    login: z.string(),
    password: z.string().meta({ description: 'A constant mask' }),
    firstName: z.string().nullable(),
    lastName: z.string().nullable(),
    email: z.string().nullable(),
    langKey: z.string(),
    roles: z.array(z.string()),
    member: memberKeySchema.nullable(),
    country: z.null(),
    initialUsagePeriod: z.null(),
  })
  .meta({ id: 'MldsAccount', description: 'Who is signed in' })

export const accountOperations = {
  note: operation('catalog.account.note', {
    summary: 'Notes a new account at once, before its event comes; it gets its affiliate if it is to have one',
    effect: 'write',
    audience: onlyService('gateway'),
    input: z.object({
      account: knownAccountSchema,
      reset_key: z
        .string()
        .optional()
        .meta({ description: 'Lets its owner, who is mailed it, set another password, once' }),
      usage_period: z
        .object({ start_date: isoDay(), end_date: isoDay() })
        .optional()
        .meta({ description: 'Which the first usage report is for; else it is the current calendar year' }),
    }),
    output: z.void(),
    errors: ['unauthenticated', 'forbidden', 'conflict'],
  }),
  get: operation('catalog.account.get', {
    summary: 'Tells the caller who they are',
    effect: 'read',
    audience: among('affiliate', some([], { account: 'login' })),
    input: z.object({
      account: knownAccountSchema
        .pick({ first_name: true, last_name: true, email: true, lang_key: true })
        .meta({ description: 'What the gateway knows, for callers of whom nothing is known here' }),
    }),
    output: accountSchema,
    errors: ['unauthenticated'],
  }),
}

const audience = some(['administrator'], { account: 'login' })

export const accountEvents = {
  created: eventType('account.created', { summary: 'An account was made', audience, data: knownAccountSchema }),
  updated: eventType('account.updated', { summary: 'An account changed', audience, data: knownAccountSchema }),
  deleted: eventType('account.deleted', {
    summary: 'An account was removed',
    audience,
    data: z.object({ login: z.string(), sequence: z.int().positive() }),
  }),
}
