// Made from the migrations by `npm run schema`; not to be edited.
import type { Generated, GeneratedAlways } from 'kysely'

export type PlatformTables = {
  'platform.command': {
    id: string
    fingerprint: string
    status: number
    headers: Generated<unknown>
    body: Generated<string>
    created_at: Generated<string>
  }
  'platform.dead_letter': {
    id: GeneratedAlways<number>
    consumer: string
    subject: string
    event_id: string | null
    stream_sequence: number
    attempts: number
    payload: string
    error: string
    dead_at: Generated<string>
    state: Generated<'dead' | 'replayed' | 'discarded'>
    state_at: Generated<string>
    state_by: string | null
  }
  'platform.event_stream': {
    one: Generated<boolean>
    created: string | null
    last_sequence: Generated<number>
    resent_to: number | null
  }
  'platform.inbox': {
    consumer: string
    event_id: string
    received_at: Generated<string>
  }
  'platform.migration': {
    name: string
    checksum: string
    applied_at: Generated<string>
  }
  'platform.outbox': {
    id: GeneratedAlways<number>
    event_id: Generated<string>
    noun: string
    verb: string
    aggregate: string
    sequence: number
    actor: string
    traceparent: string | null
    data: unknown
    created_at: Generated<string>
    sent_at: string | null
    partition: GeneratedAlways<number>
    resent: Generated<number>
  }
  'platform.timer': {
    name: string
    key: string
    due_at: string
    payload: Generated<unknown>
    attempt: Generated<number>
    leased_until: string | null
    last_error: string | null
    created_at: Generated<string>
    revision: Generated<number>
  }
}
