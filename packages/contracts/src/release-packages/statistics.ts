import { z } from 'zod'
import { some } from '../audience.ts'
import { operation } from '../operation.ts'
import { downloadPeriod } from './download-period.ts'

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
    audience: some(['editor']),
    flow: 'streamed-answer',
    input: z.object({
      body: downloadPeriod,
    }),
    output: z.array(downloadCountSchema),
    errors: ['unauthenticated', 'forbidden'],
  }),
}
