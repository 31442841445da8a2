import { z } from 'zod'
import { judgedByHandler } from '../fit-values.ts'

/** The statuses of ODM, in the order in which a task passes through them; those from `DONE` on are final. */
export const taskStatuses = [
  'CREATED',
  'QUEUEING',
  'QUEUED',
  'STARTING',
  'RUNNING',
  'DONE',
  'FAILED',
  'BLOCKED_BY_DEPENDENCY_FAILURE',
  'KILLED',
] as const
export type TaskStatus = (typeof taskStatuses)[number]

/** Statuses that a task never leaves. */
export const finalTaskStatuses: ReadonlySet<TaskStatus> = new Set([
  'DONE',
  'FAILED',
  'BLOCKED_BY_DEPENDENCY_FAILURE',
  'KILLED',
])

const milliseconds = z.int().nullable().meta({ format: 'int64' })

/**
 * `TaskInfo` of ODM: these seven keys and no others, because clients generated from its definitions may refuse unknown
 * keys, and do refuse unknown statuses.
 */
export const taskInfoSchema = z
  .object({
    id: z.string().meta({ examples: ['PV_7K3M9Q2X'] }),
    name: z.string().meta({ examples: ['Publish versions of all studies'] }),
    status: z.enum(taskStatuses),
    application: z.string().meta({ examples: ['slipway/publisher'] }),
    startedAt: milliseconds.meta({ description: 'Epoch milliseconds; null until it starts' }),
    endedAt: milliseconds.meta({ description: 'Epoch milliseconds; null until it has ended' }),
    createdBy: z
      .string()
      .meta({ description: 'Login of who started it; `system` for what the platform starts itself' }),
  })
  .meta({ id: 'TaskInfo', description: 'An asynchronous job of any kind' })

export type TaskInfo = z.output<typeof taskInfoSchema>

/** Two letters for the kind, `_`, eight digits of Crockford's base 32. The letters of what the coordinator runs itself. */
export const jobPrefixes = { publish: 'PV', import: 'IM', mirror: 'SY' } as const

/** `page` of ODM's lists: what was found, and which part of it is here. */
export const paginationSchema = z.object({
  pagination: z.object({
    count: z.int().min(0).meta({ description: 'Entries of this page' }),
    total: z.int().min(0),
    offset: z.int().min(0),
    limit: z.int().min(0),
  }),
})

/** A query parameter as it was sent: what is wrong with it is told by the service, after whether the caller may ask. */
export const textParameter = z.string().max(20_000).optional()
export const versionMessage = judgedByHandler(z.string().max(20_000).optional())
