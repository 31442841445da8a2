import type { CancelReason, ReleaseState, TaskState } from '@slipway/contracts'
import type { Generated, GeneratedAlways } from 'kysely'

type Newest = { position: GeneratedAlways<number>; created_at: Generated<string>; seq: Generated<number> }

/** Tables of the coordinator as kysely sees them. */
export type Database = {
  task_service: { kf_id: string; name: string; url: string; enabled: boolean; deleted: boolean; sequence: number }
  study: {
    kf_id: string
    name: string
    visible: boolean
    deleted: Generated<boolean>
    created_at: string | null
    position: GeneratedAlways<number>
    seq: Generated<number>
    latest_release: string | null
    latest_published: string | null
  }
  release: Newest & {
    kf_id: string
    name: string
    description: string
    author: string
    tags: string[]
    is_major: boolean
    state: ReleaseState
    major: number
    minor: number
    patch: number
    version: GeneratedAlways<string>
    ending: CancelReason | null
  }
  release_study: { release: string; study: string; ordinal: number }
  task: Newest & {
    kf_id: string
    release: string
    task_service: string | null
    state: TaskState
    progress: number
    cancel_reason: CancelReason | null
    moved_at: Generated<string>
    heard_at: Generated<string>
    poll_at: string | null
    poll_failures: Generated<number>
    fault: { reason: string; status?: number; answer?: string } | null
  }
  command: {
    id: string
    release: string
    task: string | null
    action: string
    attempt: number
    due_at: string
    lease: string | null
    leased_until: string | null
    finished_at: string | null
    last_error: string | null
  }
  release_note: Newest & {
    kf_id: string
    description: string
    author: string
    release: string
    study: string | null
  }
  event: Newest & {
    kf_id: string
    event_type: 'info' | 'warning' | 'error'
    message: string
    release: string | null
    task_service: string | null
    task: string | null
  }
}
