import { z } from 'zod'
import type { ErrorCode } from '../error.ts'
import { writeErrors } from './package-values.ts'

/** Codes that writes to members, affiliates and applications may answer beside the common ones. */
export const mldsErrors: readonly ErrorCode[] = [...writeErrors, 'conflict', 'refused']

/** Every value of every query parameter: which ones count, and how, is for the catalog to judge. */
export const mldsQuery = z.record(z.string(), z.array(z.string())).default({})
