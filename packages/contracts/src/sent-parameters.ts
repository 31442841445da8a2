import { z } from 'zod'
import { fitText } from './fit-values.ts'

/**
 * Query parameters as a client sent them, of an API where a wrong one is no error: what is no text in them becomes
 * U+FFFD, which finds nothing and counts as nothing.
 */
export const sentParameters = () =>
  z
    .record(z.string(), z.array(z.string()))
    .transform(given =>
      Object.fromEntries(Object.entries(given).map(([name, values]) => [fitText(name), values.map(fitText)])),
    )
