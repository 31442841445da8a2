import { z } from 'zod'
import { viewersOf } from '../audience.ts'
import { eventType } from '../event.ts'
import { operation } from '../operation.ts'
import { body, type Prepare, partialBody, type Shape } from '../rest-framework/body.ts'
import { toldAccess } from './access.ts'
import { childTarget, oclQuery, oclUrl, oclWriteErrors, readErrors, sourceTarget } from './target.ts'

/**
 * Bytes of a concept or mapping at most, as JSON: neither what is sent (a body, a line of an import) nor the row that is
 * made of it may have more, 16 MiB.
 */
export const maxRowBytes = 16 * 1024 * 1024

const rowErrors = [...oclWriteErrors, 'too_large'] as const

/** Operations that concepts and mappings have alike. */
export function childOperations<Fields extends Shape, Row extends z.ZodType>(
  noun: 'concept' | 'mapping',
  fields: Fields,
  row: Row,
  prepare?: Prepare,
) {
  const live = { ...sourceTarget, id: z.string().max(1024) }
  const comment = z.string().optional()
  const ifMatch = z.string().optional().meta({ description: '`version_url` that the caller wants to change' })
  return {
    list: operation(`exporter.${noun}.list`, {
      summary: `Lists the ${noun}s of a source or of a version of it`,
      effect: 'read',
      audience: viewersOf('source_url'),
      flow: 'streamed-answer',
      input: z.object({ ...sourceTarget, version: z.string().max(1024).optional(), query: oclQuery }),
      output: z.array(row),
      errors: readErrors,
    }),
    get: operation(`exporter.${noun}.get`, {
      summary: `Reads a ${noun}, in its newest state or in an older one`,
      effect: 'read',
      audience: viewersOf('source_url'),
      input: z.object({ ...childTarget, childVersion: z.string().max(1024).optional() }),
      output: row,
      errors: readErrors,
    }),
    versions: operation(`exporter.${noun}.versions`, {
      summary: `Lists the states of a ${noun}, newest first`,
      effect: 'read',
      audience: viewersOf('source_url'),
      flow: 'streamed-answer',
      input: z.object({ ...childTarget, query: oclQuery }),
      output: z.array(row),
      errors: readErrors,
    }),
    create: operation(`exporter.${noun}.create`, {
      summary: `Adds a ${noun} to a source`,
      effect: 'write',
      input: z.object({ ...sourceTarget, body: body(fields, prepare) }),
      output: row,
      errors: rowErrors,
    }),
    update: operation(`exporter.${noun}.update`, {
      summary: `Changes a ${noun}; what differs becomes a new state of it`,
      effect: 'write',
      input: z.object({ ...live, ifMatch, body: partialBody(fields, prepare) }),
      output: row,
      errors: rowErrors,
    }),
    retire: operation(`exporter.${noun}.retire`, {
      summary: `Retires a ${noun}`,
      effect: 'write',
      input: z.object({
        ...live,
        comment: comment.meta({ description: '`update_comment` of the new state' }),
        reason: z.string().optional().meta({ description: '`retire_reason`' }),
        hard: z.boolean().optional().meta({ description: 'Asks for it to be deleted for good, which is refused' }),
      }),
      output: z.void(),
      errors: [...rowErrors, 'refused'],
    }),
    reactivate: operation(`exporter.${noun}.reactivate`, {
      summary: `Brings a retired ${noun} back`,
      effect: 'write',
      input: z.object({ ...live, comment: comment.meta({ description: '`update_comment` of the new state' }) }),
      output: z.void(),
      errors: rowErrors,
    }),
  }
}

/** Events of single writes. Imports write too many for an event each. */
export function childEvents(noun: 'concept' | 'mapping') {
  const data = z.object({
    url: oclUrl,
    version_url: oclUrl,
    source_url: oclUrl,
    id: z.string(),
    retired: z.boolean(),
    public_access: toldAccess,
  })
  const audience = viewersOf('source_url')
  const not = ' by a single write; imports tell of their changes in bulk-import.applied'
  return {
    created: eventType(`${noun}.created`, { summary: `A ${noun} was added${not}`, audience, data }),
    updated: eventType(`${noun}.updated`, { summary: `A ${noun} got a new state${not}`, audience, data }),
    retired: eventType(`${noun}.retired`, { summary: `A ${noun} was retired${not}`, audience, data }),
  }
}
