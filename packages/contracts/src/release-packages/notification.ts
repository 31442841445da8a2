import { z } from 'zod'
import { some } from '../audience.ts'
import { eventType } from '../event.ts'
import { operation } from '../operation.ts'
import { entityId, writeErrors } from './package-values.ts'
import { releaseVersionSchema } from './version.ts'

export const notificationOperations = {
  create: operation('catalog.notification.create', {
    summary: 'Tells the affiliates who may have a version that it is there, by mail; each call tells them again',
    effect: 'write',
    flow: 'streamed-answer',
    input: z.object({ releasePackageId: entityId, releaseVersionId: entityId }),
    output: releaseVersionSchema,
    errors: writeErrors,
  }),
}

const notificationEvent = (verb: string, summary: string) =>
  eventType(`notification.${verb}`, {
    summary,
    audience: some(['editor']),
    data: z.object({
      task_id: z
        .string()
        .meta({ description: 'The job, which is also the subject of the event', examples: ['NT_4ZK2Q9T1'] }),
      release_package_id: z.int(),
      release_version_id: z.int(),
      package_name: z.string().optional(),
      version_name: z.string().optional(),
      total: z.int().optional().meta({ description: 'How many people get a mail; absent until that is known' }),
      failed: z.int().optional().meta({ description: 'Mails that could not be delivered' }),
    }),
  })

export const notificationEvents = {
  recorded: notificationEvent('recorded', 'Affiliates are to be told of a version'),
  sending: notificationEvent('sending', 'The mails of a notification are being sent'),
  sent: notificationEvent('sent', 'Every mail of a notification was handed over'),
  failed: notificationEvent('failed', 'A mail of a notification could not be delivered'),
}
