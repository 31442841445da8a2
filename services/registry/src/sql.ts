import { preparer } from '@slipway/store'
import type { Database } from './database.ts'

/** Makes the statements of this service. */
export const prepare = preparer<Database>()
