import { z } from 'zod'
import { some } from '../audience.ts'
import { readInput } from '../fit-values.ts'
import { operation } from '../operation.ts'
import { idParameter } from '../release-coordinator/ids.ts'
import { field, pythonType, type Refusals, refuse } from '../rest-framework/field.ts'

/** Where the platform keeps bytes of its own: `slipway://<service>/<id>`. */
const address = /^(?:https?|s3|slipway):\/\/[^/]/i

/** A file that a task service made for a release, as it tells in its status or in a report; other fields are dropped. */
export const reportedFileSchema = z
  .object({
    study: z.string().min(1).max(64).nullish().meta({ description: 'Absent: the file belongs to all of them' }),
    name: z.string().min(1).max(255),
    label: z.string().max(255).nullish().meta({ description: 'For people. Default: the name' }),
    url: z.string().max(2_048).regex(address).meta({ description: 'Of http, https or s3, or the platform itself' }),
    size: z.int().min(0).nullish().meta({ description: 'Bytes' }),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .nullish(),
    md5: z
      .string()
      .regex(/^[0-9a-f]{32}$/)
      .nullish(),
    primary: z.boolean().nullish(),
  })
  .meta({
    id: 'ReportedFile',
    description: 'A file that a task service made for a release',
    examples: [
      { study: 'SD_7K3QX2M1', name: 'words.zip', url: 'https://files.example.org/words.zip', size: 2_097_152 },
    ],
  })

export type ReportedFile = z.output<typeof reportedFileSchema>

const reportedFiles = z.array(reportedFileSchema).max(1_000)
const longest = 262_144

/** The files that a task service tells of; undefined for what is no such list, or too long (1,000 files, 256 KiB). */
export function readReportedFiles(value: unknown): readonly ReportedFile[] | undefined {
  const read = readInput(reportedFiles, value)
  return read.success && JSON.stringify(read.data).length <= longest ? read.data : undefined
}

/** The same as a field of a report. */
export const reportedFilesField = () =>
  field<readonly ReportedFile[], readonly unknown[]>(
    { schema: { type: 'array', maxItems: 1_000, items: { type: 'object' } } },
    value => readReportedFiles(value) ?? refused(value),
  )

function refused(value: unknown): Refusals {
  if (!Array.isArray(value))
    return refuse('not_a_list', `Expected a list of items but got type "${pythonType(value)}".`)
  const read = readInput(reportedFiles, value)
  const issue = read.success ? undefined : read.details[0]
  return refuse('invalid', issue ? `${issue.path.join('.')}: ${issue.message}` : 'The list is too long.')
}

/** For the platform's own services, which make packages of what was reported. */
export const reportedFileOperations = {
  list: operation('coordinator.reported-file.list', {
    summary: 'The files that the task service of a task told of last',
    effect: 'read',
    audience: some(['release-administrator']),
    input: z.object({ task: idParameter }),
    output: z.object({
      task_service_url: z.string().nullable().meta({ description: 'Null: the task was recorded by hand' }),
      files: z.array(reportedFileSchema),
    }),
    errors: ['unauthenticated', 'forbidden', 'not_found'],
  }),
}
