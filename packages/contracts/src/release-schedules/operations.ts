import { z } from 'zod'
import { everybody } from '../audience.ts'
import { fitText } from '../fit-values.ts'
import { operation } from '../operation.ts'
import type { PdcResource } from './resource.ts'
import { bodiesOf } from './strict-body.ts'

/** All query parameters as the client sent them; which ones a resource knows is told by `readPdcQuery`. */
const query = z.record(z.string(), z.array(z.string())).default({})
const key = z.string().transform(fitText).meta({ description: 'Last part of the URL' })
const seconds = z.int().optional()
const comment = z.string().nullable().default(null).meta({ description: 'Kept with the change; null: none' })
const unmodifiedSince = seconds.meta({ description: 'Fail if something related changed later; epoch seconds' })
const modifiedSince = seconds.meta({ description: 'Answer 304 unless something related changed later; epoch seconds' })

/** JSON as it was sent: the catalog judges it field by field, because what is wrong is told together. */
const json = (schema: Record<string, unknown>): z.ZodType<unknown, unknown> => z.unknown().optional().meta(schema)

export function pdcPageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    count: z.int().min(0),
    next: z.string().nullable(),
    previous: z.string().nullable(),
    results: z.array(item),
  })
}

/** Reading a list of any size: a page, or everything. */
export function pdcLists<Item extends z.ZodType>(noun: string, plural: string, item: Item) {
  return {
    list: operation(`catalog.${noun}.list`, {
      summary: `Lists ${plural}, a page at a time`,
      effect: 'read',
      audience: everybody,
      input: z.object({ query, modifiedSince }),
      output: pdcPageOf(item),
      errors: ['not_found'],
    }),
    all: operation(`catalog.${noun}.all`, {
      summary: `Lists all ${plural} at once`,
      effect: 'read',
      audience: everybody,
      flow: 'streamed-answer',
      input: z.object({ query, modifiedSince }),
      output: z.array(item),
    }),
  }
}

const writeErrors = ['unauthenticated', 'forbidden', 'conflict', 'key_reused', 'precondition_failed'] as const

/** The operations that most resources share: reading, and writing one object or many, all or nothing. */
export function pdcOperations<Item extends z.ZodType>(noun: string, plural: string, resource: PdcResource, item: Item) {
  const { all: whole, present: part } = bodiesOf(resource)
  const schemaOf = (schema: z.ZodType) => (schema.meta() ?? {}) as Record<string, unknown>
  const input = { query, comment, unmodifiedSince }
  const one = (name: `catalog.${string}.${string}`, summary: string, body: Record<string, unknown>) =>
    operation(name, {
      summary,
      effect: 'write',
      input: z.object({ ...input, key, body: json(body) }),
      output: item,
      errors: [...writeErrors, 'not_found'],
    })
  const many = (name: `catalog.${string}.${string}`, summary: string, body: Record<string, unknown>) =>
    operation(name, {
      summary,
      effect: 'write',
      flow: 'streamed-answer',
      input: z.object({ ...input, body: json({ type: 'object', additionalProperties: body }) }),
      output: z.record(z.string(), item),
      errors: [...writeErrors, 'not_found'],
    })
  return {
    ...pdcLists(noun, plural, item),
    get: operation(`catalog.${noun}.get`, {
      summary: `Reads one of the ${plural}`,
      effect: 'read',
      audience: everybody,
      input: z.object({ query, key, modifiedSince }),
      output: item,
      errors: ['not_found'],
    }),
    create: operation(`catalog.${noun}.create`, {
      summary: `Adds one to the ${plural}`,
      effect: 'write',
      input: z.object({ ...input, body: json(schemaOf(whole)) }),
      output: item,
      errors: writeErrors,
    }),
    createMany: operation(`catalog.${noun}.create-many`, {
      summary: `Adds several to the ${plural}, all or none`,
      effect: 'write',
      flow: 'streamed-answer',
      input: z.object({ ...input, body: json({ type: 'array', items: schemaOf(whole) }) }),
      output: z.array(item),
      errors: writeErrors,
    }),
    replace: one(`catalog.${noun}.replace`, `Replaces one of the ${plural}`, schemaOf(whole)),
    update: one(`catalog.${noun}.update`, `Changes one of the ${plural}`, schemaOf(part)),
    replaceMany: many(
      `catalog.${noun}.replace-many`,
      `Replaces several of the ${plural}, all or none`,
      schemaOf(whole),
    ),
    updateMany: many(`catalog.${noun}.update-many`, `Changes several of the ${plural}, all or none`, schemaOf(part)),
  }
}

/** Deleting, for the resources that know it. */
export function pdcDeletions(noun: string, plural: string) {
  const input = { query, comment }
  return {
    delete: operation(`catalog.${noun}.delete`, {
      summary: `Deletes one of the ${plural}`,
      effect: 'write',
      input: z.object({ ...input, key }),
      output: z.void(),
      errors: ['unauthenticated', 'forbidden', 'not_found', 'key_reused'],
    }),
    deleteMany: operation(`catalog.${noun}.delete-many`, {
      summary: `Deletes several of the ${plural}, all or none`,
      effect: 'write',
      input: z.object({ ...input, body: json({ type: 'array', items: { type: ['string', 'integer'] } }) }),
      output: z.void(),
      errors: ['unauthenticated', 'forbidden', 'not_found', 'key_reused'],
    }),
  }
}

export const calendarInput = z.object({
  query,
  ifNoneMatch: z.string().optional().meta({ description: 'ETags that the client has' }),
})
