import { z } from 'zod'
import type { Audience } from './audience.ts'

/** Who caused an event: a login, `service:<client id>`, or `system` for what the platform does by itself. */
export const actorSchema = z.string().min(1).max(320)

/**
 * CloudEvents 1.0 in JSON, with four extension attributes: `sequence` (of the aggregate, from 1, without gaps), `actor`,
 * `traceparent`, and `truncated` where long texts in the data were cut to fit one message. The id is stable: the same event sent again has the same id, which is also its message id
 * in the stream.
 */
export type EventEnvelope<Data = unknown> = {
  readonly specversion: '1.0'
  readonly id: string
  /** `/slipway/<service>` */
  readonly source: string
  /** `slipway.v1.<noun>.<verb>` */
  readonly type: string
  /** Id of the aggregate. */
  readonly subject: string
  /** ISO 8601, UTC, microseconds. */
  readonly time: string
  readonly datacontenttype: 'application/json'
  readonly sequence: number
  readonly actor: string
  readonly traceparent?: string
  readonly truncated?: boolean
  readonly data: Data
}

export const eventEnvelopeSchema = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1),
  source: z.string().min(1),
  type: z.string().min(1),
  subject: z.string().min(1),
  time: z.string().min(1),
  datacontenttype: z.literal('application/json'),
  sequence: z.number().int().positive(),
  actor: actorSchema,
  traceparent: z.string().optional(),
  truncated: z.boolean().optional(),
  data: z.unknown(),
})

/** One kind of event, sent on `slipway.v1.event.<noun>.<verb>.<aggregate id>`. */
export type EventType<Data extends z.ZodType = z.ZodType> = {
  readonly noun: string
  readonly verb: string
  readonly type: string
  readonly summary: string
  /** Who may read it; whatever shows or sends events keeps to it. */
  readonly audience: Audience
  readonly data: Data
}

/** Declares a kind of event. `name` is `<noun>.<verb>`, the verb in the past tense or the state that was reached. */
export function eventType<Data extends z.ZodType>(
  name: `${string}.${string}`,
  declaration: { readonly summary: string; readonly audience: Audience; readonly data: Data },
): EventType<Data> {
  const [noun, verb, ...rest] = name.split('.')
  if (!noun || !verb || rest.length > 0) throw new Error(`not an event name: ${name}`)
  return { noun, verb, type: `slipway.v1.${name}`, ...declaration }
}

export type EventDataOf<Type extends EventType> = z.output<Type['data']>

export const eventStream = 'SLIPWAY'
export const eventSubjects = 'slipway.v1.event.>'

/** Characters that a subject token may not hold are replaced, so that any id can stand in a subject. */
export function subjectToken(id: string): string {
  return id.replaceAll(/[\s.*>]/gu, '_') || '_'
}

/** Subject of one event. */
export function eventSubject(type: EventType, aggregateId: string): string {
  return `slipway.v1.event.${type.noun}.${type.verb}.${subjectToken(aggregateId)}`
}

/** The same by what an event says of itself; empty for a type that is none of the platform's. */
export function subjectOfEvent({ type, subject }: Pick<EventEnvelope, 'type' | 'subject'>): string {
  const [, name] = /^slipway\.v1\.([^.]+\.[^.]+)$/u.exec(type) ?? []
  return name === undefined ? '' : `slipway.v1.event.${name}.${subjectToken(subject)}`
}

/** Subject filter for a kind of event, of every aggregate. */
export function eventFilter(type: EventType): string {
  return `slipway.v1.event.${type.noun}.${type.verb}.*`
}
