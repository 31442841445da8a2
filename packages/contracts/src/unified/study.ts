import { z } from 'zod'
import { everybody } from '../audience.ts'
import { unfitText } from '../fit-values.ts'
import { operation } from '../operation.ts'
import { instant, unifiedListInput, unifiedListOf } from './list.ts'

/** As task services take them: two letters and eight digits of Crockford's base 32. */
export const studyIdPattern = /^SD_[0-9A-HJKMNP-TV-Z]{8}$/

const name = z
  .string()
  .trim()
  .min(1)
  .max(256)
  .refine(text => unfitText(text) === undefined, 'The text has characters that cannot be kept')
const visible = z.boolean().meta({ description: 'Shown to everybody in lists of studies' })

export const unifiedStudySchema = z
  .object({
    id: z.string().meta({ examples: ['SD_7K2M9QXA'] }),
    kf_id: z.string().meta({ description: 'The same id under the name that Kids First has for it' }),
    name: z.string(),
    visible,
    origin: z.enum(['platform', 'dataservice']).meta({ description: 'Made here, or mirrored from the data service' }),
    deleted: z.boolean().meta({ description: 'No longer in the data service' }),
    version: z.string().nullable().meta({ description: 'Of the newest release with this study, in any state' }),
    published_version: z.string().nullable().meta({ description: 'Of the newest published release with this study' }),
    created_at: instant.nullable(),
    updated_at: instant,
    links: z.object({ self: z.string() }),
  })
  .meta({ id: 'UnifiedStudy', description: 'What releases are about' })

export const newStudySchema = z.strictObject({
  kf_id: z
    .string()
    .regex(studyIdPattern)
    .optional()
    .meta({ description: 'Made here unless it is given', examples: ['SD_7K2M9QXA'] }),
  name,
  visible: visible.default(true),
})

export const studyChangeSchema = z.strictObject({ name: name.optional(), visible: visible.optional() })

const id = z.string().max(1024)
const dry_run = z.boolean().default(false).meta({ description: 'Answer what would be, and write nothing' })

/** Studies of the unified API. Those of the Kids First paths (`studyOperations`) are the same ones, read-only. */
export const unifiedStudyOperations = {
  search: operation('coordinator.study.search', {
    summary: 'Lists studies page by page',
    effect: 'read',
    audience: everybody,
    input: unifiedListInput({
      sorts: ['-created_at', 'created_at', 'name', '-name'],
      fields: Object.keys(unifiedStudySchema.shape),
      filters: {
        visible: z.array(z.boolean()).optional(),
        deleted: z.array(z.boolean()).optional(),
        origin: z.array(unifiedStudySchema.shape.origin).optional(),
      },
    }),
    output: unifiedListOf(unifiedStudySchema),
  }),
  read: operation('coordinator.study.read', {
    summary: 'Reads one study',
    effect: 'read',
    audience: everybody,
    input: z.object({ id }),
    output: unifiedStudySchema,
    errors: ['not_found'],
  }),
  create: operation('coordinator.study.create', {
    summary: 'Makes a study',
    effect: 'write',
    input: z.object({ dry_run, body: newStudySchema }),
    output: unifiedStudySchema,
    errors: ['unauthenticated', 'forbidden', 'conflict', 'key_reused'],
  }),
  change: operation('coordinator.study.change', {
    summary: 'Changes a study that was made here',
    effect: 'write',
    input: z.object({ id, dry_run, if_match: z.string().max(2048).optional(), body: studyChangeSchema }),
    output: unifiedStudySchema,
    errors: ['unauthenticated', 'forbidden', 'not_found', 'conflict', 'precondition_failed', 'key_reused'],
  }),
}
