import { z } from 'zod'
import { some } from '../audience.ts'
import { operation } from '../operation.ts'

/**
 * What a service knows that others must agree with, after databases were restored that are of different moments:
 *
 * - `release`: the coordinator's releases, with state and version
 * - `task`: tasks of the exporter and the catalog in releases; of the coordinator and of these two themselves
 * - `file`: files that the exporter has made for releases, and those that versions of the catalog have links to
 * - `task-service`: registrations, of the registry and as the coordinator knows them
 * - `schedule`: schedules of the catalog that started a release
 * - `account`: logins of which the catalog keeps a profile or did so until the account was deleted, in lower case
 * - `number`: the greatest that a service knows of: `version` of releases, `account` of changes of accounts
 */
export const factKinds = ['release', 'task', 'file', 'task-service', 'schedule', 'account', 'number'] as const
export type FactKind = (typeof factKinds)[number]

export const restoreFactSchema = z.object({
  id: z.string(),
  release: z.string().optional().meta({ description: 'Of which it is a part' }),
  state: z.string().optional(),
  version: z.string().optional().meta({ description: 'Of a task: under which the release was published' }),
  service: z.enum(['catalog', 'exporter']).optional().meta({ description: 'Whose task it is' }),
})
export type RestoreFact = z.output<typeof restoreFactSchema>

/**
 * By which facts of all services are compared: the release of what belongs to one, the id of everything else. Every
 * service answers its facts in the order of their keys, byte by byte, and those of one key on one page.
 */
export const factKey = ({ id, release }: RestoreFact): string => release ?? id

const administrator = ['unauthenticated', 'forbidden'] as const

const facts = (service: 'registry' | 'coordinator' | 'catalog' | 'exporter') =>
  operation(`${service}.restore.facts`, {
    summary: 'Tells page by page what the service knows that others must agree with; for administrators',
    effect: 'read',
    audience: some(['release-administrator']),
    input: z.object({
      kind: z.enum(factKinds),
      after: z.string().max(1024).default('').meta({ description: 'Key of the last one of the page before' }),
      of: z
        .array(z.string().max(1024))
        .max(1_000)
        .optional()
        .meta({ description: 'Only facts of these keys; absent: all' }),
    }),
    output: z.object({
      facts: z.array(restoreFactSchema).meta({
        description: 'By key: the release of what has one, else the id. Of kinds that are others’ there are none',
      }),
      next: z.string().nullable().meta({ description: 'null: there are no more' }),
    }),
    errors: administrator,
  })

/** Each is idempotent, and refused when the service sees that it would be wrong. */
const settle = <const Actions extends readonly [string, ...string[]]>(
  service: 'coordinator' | 'catalog' | 'exporter',
  actions: Actions,
) =>
  operation(`${service}.restore.settle`, {
    summary: 'Ends one disagreement between restored databases as far as it is the service’s; for administrators',
    effect: 'write',
    input: z.object({
      action: z.enum(actions),
      id: z.string().min(1).max(1024).meta({ description: 'What it is done to' }),
      release: z.string().max(1024).optional(),
      version: z.string().max(100).optional().meta({ description: 'Of a release; for `keep-version`' }),
    }),
    output: z.object({ done: z.boolean().meta({ description: 'false: there was nothing to be done' }) }),
    errors: [...administrator, 'not_found', 'refused', 'key_reused'],
  })

export const registryRestoreOperations = { facts: facts('registry') }
export const coordinatorRestoreOperations = {
  facts: facts('coordinator'),
  settle: settle('coordinator', [
    'lose-task',
    'note-staged',
    'raise-version',
    'keep-version',
    'note-task-service',
    'forget-task-service',
  ]),
}
export const catalogRestoreOperations = {
  facts: facts('catalog'),
  settle: settle('catalog', ['start', 'publish', 'withdraw', 'start-again', 'remove-account']),
}
export const exporterRestoreOperations = {
  facts: facts('exporter'),
  settle: settle('exporter', ['start', 'publish', 'withdraw']),
}
