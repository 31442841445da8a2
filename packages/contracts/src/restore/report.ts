import { z } from 'zod'
import { some } from '../audience.ts'
import { operation } from '../operation.ts'

export const disagreementKinds = [
  'task-unknown',
  'task-behind',
  'task-ended',
  'start-missed',
  'publish-missed',
  'version-missing',
  'version-differs',
  'files-missing',
  'files-lost',
  'published-early',
  'left-over',
  'release-unknown',
  'version-numbers',
  'account-numbers',
  'task-service-unknown',
  'task-service-lost',
  'task-service-back',
  'account-unknown',
  'account-lost',
  'account-back',
  'account-deleted',
  'schedule-release-unknown',
] as const
export type DisagreementKind = (typeof disagreementKinds)[number]

export const disagreementSchema = z.object({
  id: z.string().meta({ description: 'The same as long as the disagreement lasts' }),
  kind: z.enum(disagreementKinds),
  things: z.array(z.string()).meta({ description: 'Ids of what it is about' }),
  says: z.string().meta({ description: 'What does not agree, as a sentence' }),
  settles: z
    .string()
    .nullable()
    .meta({ description: 'What settling does; null: a person decides, by one of the choices if there are any' }),
  choices: z.array(z.object({ choice: z.string(), does: z.string() })),
  outcome: z
    .object({ done: z.boolean(), detail: z.string().nullable() })
    .nullable()
    .meta({ description: 'What came of settling it; null: nothing was done' }),
})

export const restoreReportSchema = z
  .object({
    agrees: z.boolean().meta({ description: 'Nothing is left to be settled or decided' }),
    total: z.int().min(0),
    by_kind: z.record(z.string(), z.int()),
    items: z.array(disagreementSchema).meta({ description: 'The first 1,000' }),
  })
  .meta({ id: 'RestoreReport', description: 'Where the databases of the five services do not agree' })
export type RestoreReport = z.output<typeof restoreReportSchema>

const administrator = ['unauthenticated', 'forbidden'] as const

export const restoreOperations = {
  check: operation('gateway.restore.check', {
    summary: 'Compares what the five services know of each other’s things; for administrators',
    effect: 'read',
    audience: some(['release-administrator']),
    input: z.object({}),
    output: restoreReportSchema,
    errors: administrator,
  }),
  settle: operation('gateway.restore.settle', {
    summary: 'Compares, and settles what has one right answer or was decided; for administrators',
    effect: 'write',
    input: z.object({
      body: z.strictObject({
        decisions: z
          .record(z.string().max(1024), z.string().max(100))
          .default({})
          .meta({ description: 'Choices by ids of disagreements', examples: [{ 'published-early:TA_1': 'publish' }] }),
      }),
    }),
    output: restoreReportSchema,
    errors: [...administrator, 'conflict', 'key_reused'],
  }),
}
