import { z } from 'zod'
import type { ErrorCode } from '../error.ts'

/** Ids of the MLDS API: no two things have the same one, of whatever kind. */
export const entityId = z.int().nonnegative()

export const instant = z.string().meta({ format: 'date-time', description: 'UTC, milliseconds' })

const noZeroCharacter = /^[^\0]*$/
const longest = 65_536

const text = (max: number) =>
  z
    .string()
    .max(max, `must not be longer than ${max} characters`)
    .regex(noZeroCharacter, 'must not contain the character U+0000')
    .nullish()

/** Absent: unchanged, or null in something new. */
export const shortText = text(255)
export const longText = text(longest)

export const ifMatch = z.string().optional().meta({ description: 'Entity tags, of which one must still be true' })

/** Who sees a version: everybody, affiliates, or staff and insiders only. */
export const publicationStates = ['online', 'alpha/beta', 'offline'] as const
export type PublicationState = (typeof publicationStates)[number]

export const writeErrors: readonly ErrorCode[] = ['unauthenticated', 'forbidden', 'not_found', 'key_reused']
