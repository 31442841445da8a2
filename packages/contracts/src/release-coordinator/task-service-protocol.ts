import { z } from 'zod'
import { reportedFileSchema } from '../release-content/reported-file.ts'

/** What the platform says to a task service: `POST {url}/tasks`, or a message on `<subject>.tasks`. */
export const taskCommandSchema = z
  .object({
    action: z.enum(['initialize', 'start', 'publish', 'get_status', 'cancel']),
    task_id: z.string().meta({ examples: ['TA_8Z3K5M1Q'] }),
    release_id: z.string().meta({ examples: ['RE_4N7T2W9X'] }),
    studies: z.array(z.string()).meta({ examples: [['SD_7K3QX2M1']] }),
  })
  .meta({ id: 'TaskCommand', description: 'An action of a release, for one task' })

/** What it answers; the ids are for people, state and progress count. */
export const taskAnswerSchema = z
  .object({
    task_id: z
      .string()
      .optional()
      .meta({ examples: ['TA_8Z3K5M1Q'] }),
    release_id: z
      .string()
      .optional()
      .meta({ examples: ['RE_4N7T2W9X'] }),
    state: z
      .string()
      .optional()
      .meta({ examples: ['running'] }),
    progress: z
      .union([z.number(), z.string()])
      .optional()
      .meta({ examples: [50] }),
    files: z.array(reportedFileSchema).optional().meta({ description: 'What it made; in answers to get_status' }),
  })
  .meta({ id: 'TaskAnswer', description: 'How a task is, as its task service says' })

export const taskServiceStatusSchema = z
  .object({
    name: z.string().meta({ examples: ['checksums'] }),
    message: z.string().optional(),
    version: z
      .string()
      .optional()
      .meta({ examples: ['1.0.0'] }),
  })
  .meta({ id: 'TaskServiceStatus', description: 'That a task service is there; every answer of status 200 is good' })

/** The protocol of task services, as it is spoken over the bus: `<subject>.<verb>` is called. */
export const taskServiceProtocol = [
  { verb: 'status', summary: 'Is the task service there?', request: undefined, answer: taskServiceStatusSchema },
  { verb: 'tasks', summary: 'Do this for a task', request: taskCommandSchema, answer: taskAnswerSchema },
] as const
