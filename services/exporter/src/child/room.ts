import type { OperationHandler } from '@slipway/bus'

/** Bytes of a row that is changed without room for it: as many as of a body that waits for nobody. */
export const freeBytes = 262_144

const needed = Symbol('bytes that need room')

/**
 * Ends a transaction that is to change large rows, before they are read. Whoever began it takes room for them, and begins
 * anew: nobody waits for room under a lock, because those who have it may wait for the lock.
 */
export const roomNeeded = (bytes: number): Error =>
  Object.assign(new Error('there must be room for rows before they are read'), { [needed]: bytes })

export const roomNeededOf = (error: unknown): number | undefined =>
  (error as { readonly [needed]?: number } | undefined)?.[needed]

/** The handler, begun anew where it needs room. */
export function makingRoom({ operation, handle }: OperationHandler): OperationHandler {
  return {
    operation,
    async handle(input, context, upload) {
      for (;;) {
        try {
          return await handle(input, context, upload)
        } catch (error) {
          const bytes = roomNeededOf(error)
          if (bytes === undefined) throw error
          await context.takeRoom(bytes)
        }
      }
    },
  }
}
