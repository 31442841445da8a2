import { z } from 'zod'
import { isoDay } from '../iso-times.ts'

/** What reports about downloads are asked for. */
export const downloadPeriod = z.object({
  startDate: isoDay(),
  endDate: isoDay().meta({ description: 'Of this day everything counts' }),
  excludeAdminAndStaff: z.boolean().nullish().meta({ description: 'Only downloads by affiliates count' }),
})
