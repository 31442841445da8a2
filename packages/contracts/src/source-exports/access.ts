import { z } from 'zod'

/** Who may view an org or source without belonging to it, and who may change it; `None`: nobody, it is private. */
export const accessLevels = ['View', 'Edit', 'None'] as const

/** What events say of it, for whoever passes them on. */
export const toldAccess = z
  .enum(accessLevels)
  .optional()
  .meta({ description: 'Of the source or org when it happened; absent in events of older versions' })
