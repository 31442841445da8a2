import { z } from 'zod'

/** Items of a page unless the client says otherwise, and at the most. */
export const usualItems = 50
export const mostItems = 500

export type UnifiedListOptions<Filters extends Record<string, z.ZodType>> = {
  /** What the list can be narrowed by, beside time and text. */
  readonly filters: Filters
  /** Keys that it can be ordered by; `-` in front turns the order round. The first one is the usual order. */
  readonly sorts: readonly [string, ...string[]]
  /** Fields of the items. */
  readonly fields: readonly string[]
}

/** Input of a list of the unified API. An order is a key, or a key with `-` in front. */
export function unifiedListInput<Filters extends Record<string, z.ZodType>>(options: UnifiedListOptions<Filters>) {
  const { filters, sorts, fields } = options
  return z.object({
    limit: z.int().min(1).max(mostItems).default(usualItems).meta({ description: 'Most items of the answer' }),
    cursor: z.string().max(2048).optional().meta({ description: 'Where to go on: `next` of the page before' }),
    total: z.boolean().default(false).meta({ description: 'Also count all items' }),
    sort: z.enum(sorts).default(sorts[0]),
    fields: z.array(z.enum(fields)).min(1).optional().meta({ description: 'Only these fields of the items' }),
    q: z.string().min(1).max(256).optional().meta({ description: 'Text that the item has' }),
    created_after: instantInput.optional(),
    created_before: instantInput.optional(),
    ...filters,
  })
}

/** Response header of a list on the bus: the cursor of the next page, of which the gateway makes a link. */
export const nextPageHeader = 'Slipway-Next'

/** A moment as clients write it: RFC 3339. */
export const instantInput = z.iso.datetime({ offset: true })

/** A moment as the unified API writes it: RFC 3339, UTC, milliseconds. */
export const instant = z.string().meta({ format: 'date-time', examples: ['2026-11-30T03:31:05.123Z'] })

/** A page. `next` leads to the following one; null on the last. */
export function unifiedListOf<Item extends z.ZodObject>(item: Item) {
  return z.object({
    items: z.array(item.partial()),
    next: z.string().nullable(),
    total: z.int().min(0).optional(),
  })
}
