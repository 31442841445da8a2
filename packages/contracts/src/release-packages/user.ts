import { z } from 'zod'
import { some } from '../audience.ts'
import { operation } from '../operation.ts'

export const userSchema = z
  .object({
    userId: z.int(),
    login: z.string(),
    firstName: z.string().nullable(),
    lastName: z.string().nullable(),
    email: z.string().nullable(),
    activated: z.boolean(),
    langKey: z.string(),
    acceptNotifications: z.boolean(),
    countryNotificationsOnly: z.boolean(),
  })
  .meta({ id: 'MldsUser', description: 'Somebody who may sign in' })

const errors = ['unauthenticated', 'forbidden'] as const

export const userOperations = {
  list: operation('catalog.user.list', {
    summary: 'Lists those who may sign in',
    effect: 'read',
    audience: some(['editor']),
    flow: 'streamed-answer',
    input: z.object({}),
    output: z.array(userSchema),
    errors,
  }),
  get: operation('catalog.user.get', {
    summary: 'Reads one of those who may sign in',
    effect: 'read',
    audience: some(['editor']),
    input: z.object({ login: z.string().max(255) }),
    output: userSchema,
    errors: [...errors, 'not_found'],
  }),
}
