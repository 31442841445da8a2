import { z } from 'zod'
import { everybody } from '../audience.ts'
import { eventType } from '../event.ts'
import { operation } from '../operation.ts'
import { listInput, pageOf } from '../rest-framework/page.ts'
import { idParameter, timestamp } from './ids.ts'
import { releaseSchema } from './release.ts'

export const studySchema = z
  .object({
    kf_id: z.string(),
    name: z.string(),
    version: z.string().nullable().meta({ description: 'Of the newest release with this study, in any state' }),
    visible: z.boolean(),
    last_pub_version: z.string().nullable().meta({ description: 'Of the newest published release with this study' }),
    last_pub_date: timestamp.nullable().meta({ description: 'When the newest published release was created' }),
    deleted: z.boolean().meta({ description: 'No longer in the data service' }),
    created_at: timestamp.nullable(),
  })
  .meta({ id: 'Study', description: 'Mirrored from the data service; read-only' })

const kf_id = idParameter

export const studyOperations = {
  list: operation('coordinator.study.list', {
    summary: 'Lists studies, newest first',
    effect: 'read',
    audience: everybody,
    input: listInput({}),
    output: pageOf(studySchema),
  }),
  get: operation('coordinator.study.get', {
    summary: 'Reads one study',
    effect: 'read',
    audience: everybody,
    input: z.object({ kf_id }),
    output: studySchema,
    errors: ['not_found'],
  }),
  releases: operation('coordinator.study.releases', {
    summary: 'Lists the releases of a study, newest first',
    effect: 'read',
    audience: everybody,
    input: listInput({ kf_id }),
    output: pageOf(releaseSchema),
    errors: ['not_found'],
  }),
  release: operation('coordinator.study.release', {
    summary: 'Reads one release of a study',
    effect: 'read',
    audience: everybody,
    input: z.object({ kf_id, release: idParameter }),
    output: releaseSchema,
    errors: ['not_found'],
  }),
  sync: operation('coordinator.study.sync', {
    summary: 'Mirrors the studies of the data service',
    effect: 'write',
    input: z.object({}),
    output: z.object({
      status: z.literal('ok'),
      new: z.int().min(0),
      deleted: z.int().min(0),
      message: z.string(),
    }),
    errors: ['bad_upstream', 'conflict'],
  }),
}

const studyEvent = (name: `${string}.${string}`, summary: string) =>
  eventType(name, {
    summary,
    audience: everybody,
    data: z.object({ study_id: z.string(), name: z.string(), visible: z.boolean(), deleted: z.boolean() }),
  })

export const studyEvents = {
  created: studyEvent('study.created', 'A study appeared in the data service, or was made here'),
  updated: studyEvent('study.updated', 'A study changed, disappeared from the data service, or is back there'),
}
