import { z } from 'zod'
import { operation } from '../operation.ts'
import { jsonBody } from './json-body.ts'
import { studyObjectSchema } from './study-object.ts'

const linkSchema = z.object({
  link: z.string().meta({ description: 'URL of a TSV with two lines: names and values', format: 'uri' }),
  templateId: z.string().nullish(),
})
const jobSchema = z.object({
  source: z.enum(['HTTP']).optional(),
  metadataLink: z.string().meta({ description: 'URL of a TSV with two lines: names and values', format: 'uri' }),
  templateId: z.string().nullish(),
})
const errors = ['unauthenticated', 'forbidden', 'key_reused', 'bad_upstream'] as const

export const studyImportOperations = {
  create: operation('coordinator.study-import.create', {
    summary: 'Imports the metadata of a study, and answers the study',
    effect: 'write',
    input: z.object({ body: jsonBody(linkSchema) }),
    output: studyObjectSchema,
    errors,
  }),
  start: operation('coordinator.study-import.start', {
    summary: 'Starts importing the metadata of a study',
    effect: 'write',
    input: z.object({ body: jsonBody(jobSchema) }),
    output: z
      .object({
        jobExecId: z.string().meta({ examples: ['IM_7K3M9Q2X'] }),
        jobName: z.string(),
        status: z.string(),
        startTime: z.int().nullable().meta({ format: 'int64' }),
        createTime: z.int().meta({ format: 'int64' }),
      })
      .meta({ id: 'JobInfo' }),
    errors,
  }),
}
