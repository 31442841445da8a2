import { z } from 'zod'
import { operation } from '../operation.ts'

export const downloadCountSchema = z
  .object({
    releasePackageName: z.string().nullable(),
    releaseVersionName: z.string().nullable(),
    releaseFileName: z.string().nullable(),
    count: z.int(),
  })
  .meta({ id: 'DownloadCount', description: 'How often a file was downloaded' })

export const statisticsOperations = {
  downloads: operation('catalog.statistics.downloads', {
    summary: 'Counts complete downloads by file',
    effect: 'read',
    flow: 'streamed-answer',
    input: z.object({
      body: z.object({
        startDate: z.iso.date(),
        endDate: z.iso.date().meta({ description: 'Of this day everything counts' }),
        excludeAdminAndStaff: z.boolean().nullish().meta({ description: 'Only downloads by affiliates count' }),
      }),
    }),
    output: z.array(downloadCountSchema),
    errors: ['unauthenticated', 'forbidden'],
  }),
}
