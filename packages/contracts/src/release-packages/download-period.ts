import { z } from 'zod'

/** What reports about downloads are asked for. */
export const downloadPeriod = z.object({
  startDate: z.iso.date(),
  endDate: z.iso.date().meta({ description: 'Of this day everything counts' }),
  excludeAdminAndStaff: z.boolean().nullish().meta({ description: 'Only downloads by affiliates count' }),
})
