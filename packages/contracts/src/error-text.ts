import { isFailure } from './error.ts'

/**
 * What a person is told: the sentence of an expected failure, and of what the operating system refused (a full disk, a
 * file that may not be read); the whole stack of an unexpected one.
 */
export function errorText(error: unknown): string {
  if (isFailure(error)) return error.message
  if (error instanceof Error && 'syscall' in error) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
