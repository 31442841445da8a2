import { z } from 'zod'
import { everybody } from '../audience.ts'
import { operation } from '../operation.ts'
import { pdcLists } from './operations.ts'
import type { PdcResource } from './resource.ts'

const jsonText = z.string().meta({ description: 'JSON text; the text `null` where there was or is nothing' })

export const changesetSchema = z
  .object({
    id: z.int(),
    author: z.string().nullable(),
    requested_on: z.string().meta({ format: 'date-time' }),
    committed_on: z.string().meta({ format: 'date-time' }),
    duration: z.string().meta({ description: 'Seconds', examples: ['0.007074'] }),
    comment: z.string().nullable(),
    changes: z.array(
      z.object({ resource: z.string(), resource_id: z.string(), old_value: jsonText, new_value: jsonText }),
    ),
  })
  .meta({ id: 'PdcChangeset', description: 'Everything that one request changed' })

export const changesetResource = {
  segment: 'changesets',
  model: 'changeset',
  key: 'id',
  fields: Object.keys(changesetSchema.shape),
  body: {},
  filters: ['author', 'resource', 'changed_since', 'changed_until', 'comment'],
  ordering: { model: 'changeset' },
} as const satisfies PdcResource

const query = z.record(z.string(), z.array(z.string())).default({})
const lists = pdcLists('changeset', 'changesets', changesetSchema)

/** A changeset has as many changes as its request made, so none of these fits into one message for sure. */
export const changesetOperations = {
  list: { ...lists.list, flow: 'streamed-answer' as const },
  all: lists.all,
  get: operation('catalog.changeset.get', {
    summary: 'Reads one changeset',
    effect: 'read',
    audience: everybody,
    flow: 'streamed-answer',
    input: z.object({ query, key: z.string() }),
    output: changesetSchema,
    errors: ['not_found'],
  }),
}
