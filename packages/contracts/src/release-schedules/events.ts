import { z } from 'zod'
import { everybody } from '../audience.ts'
import { eventType } from '../event.ts'

/**
 * `added`, `changed` and `removed` of one kind of object, with what PDC sends to its message bus. A change that leaves
 * the representation as it was is not told.
 */
export function pdcEvents<Item extends z.ZodType>(noun: string, thing: string, item: Item) {
  const common = {
    author: z.string().meta({ description: 'Empty when nobody was signed in' }),
    comment: z.string().nullable(),
    changeset_id: z.int(),
    committed_on: z.string().meta({ format: 'date-time' }),
  }
  const url = z.string().nullable().meta({ description: 'Of the object; null once it is gone' })
  return {
    added: eventType(`${noun}.added`, {
      summary: `${thing} was added`,
      audience: everybody,
      data: z.object({ url, new_value: item, ...common }),
    }),
    changed: eventType(`${noun}.changed`, {
      summary: `${thing} changed`,
      audience: everybody,
      data: z.object({ url, new_value: item, old_value: item, ...common }),
    }),
    removed: eventType(`${noun}.removed`, {
      summary: `${thing} was removed`,
      audience: everybody,
      data: z.object({ url, old_value: item, ...common }),
    }),
  }
}
