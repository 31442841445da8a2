// Made from the migrations by `npm run schema`; not to be edited.
import type { PlatformTables } from '@slipway/store'
import type { Generated, GeneratedAlways } from 'kysely'

export type Database = PlatformTables & {
  command: {
    id: Generated<string>
    release: string
    task: string | null
    action: 'enlist' | 'settle' | 'initialize' | 'start' | 'publish' | 'cancel'
    attempt: Generated<number>
    due_at: Generated<string>
    leased_until: string | null
    finished_at: string | null
    last_error: string | null
    created_at: Generated<string>
    overtaken_at: string | null
    lease: string | null
    sent_at: string | null
    deaths: Generated<number>
  }
  cursor_key: {
    key: Generated<Buffer>
    single: Generated<boolean>
  }
  event: {
    kf_id: string
    event_type: 'info' | 'warning' | 'error'
    message: string
    release: string | null
    task_service: string | null
    task: string | null
    created_at: Generated<string>
    position: GeneratedAlways<number>
    seq: Generated<number>
  }
  exchange: {
    subject: string
    lease: string
    leased_until: string
  }
  job: {
    id: string
    kind: string
    input: unknown
    attempt: Generated<number>
    due_at: Generated<string>
    lease: string | null
    leased_until: string | null
    stop_requested: Generated<boolean>
    scoped: Generated<boolean>
    created_at: Generated<string>
    deaths: Generated<number>
  }
  kept_version: {
    release: string
    major: number
    minor: number
    patch: number
  }
  platform_task: {
    id: string
    kind: string
    name: string
    application: string
    status: 'CREATED' | 'QUEUEING' | 'QUEUED' | 'STARTING' | 'RUNNING' | 'DONE' | 'FAILED' | 'BLOCKED_BY_DEPENDENCY_FAILURE' | 'KILLED'
    created_by: string
    owner: string | null
    subject: string | null
    started_at: string | null
    ended_at: string | null
    attempt: Generated<number>
    done: number | null
    total: number | null
    metadata: unknown
    result: unknown
    errors: unknown
    created_at: Generated<string>
    updated_at: Generated<string>
    expires_at: string | null
    position: GeneratedAlways<number>
    revision: Generated<number>
    told: Generated<number>
  }
  publish_item: {
    task: string
    accession: string
    outcome: Generated<'pending' | 'published' | 'dropped' | 'skipped' | 'failed'>
    version: number | null
    draft_revision: number | null
    error: string | null
  }
  release: {
    kf_id: string
    name: string
    description: string
    author: string
    tags: string[]
    is_major: boolean
    state: 'waiting' | 'initializing' | 'running' | 'staged' | 'publishing' | 'published' | 'canceling' | 'canceled' | 'failed'
    major: number
    minor: number
    patch: number
    version: GeneratedAlways<string>
    ending: 'fault' | 'request' | 'timeout' | 'report' | null
    created_at: Generated<string>
    position: GeneratedAlways<number>
    seq: Generated<number>
  }
  release_note: {
    kf_id: string
    description: string
    author: string
    release: string
    study: string | null
    created_at: Generated<string>
    position: GeneratedAlways<number>
    seq: Generated<number>
  }
  release_study: {
    release: string
    study: string
    ordinal: number
    metadata_version: number | null
  }
  row_count: {
    name: string
    slot: number
    rows: number
  }
  scheduled_release: {
    id: string
    release: string
  }
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
    origin: Generated<'platform' | 'dataservice'>
    updated_at: Generated<string>
  }
  study_object: {
    accession: string
    origin: 'mirror' | 'odm'
    name: string
    owner: string | null
    deleted: Generated<boolean>
    version: Generated<number>
    content: Generated<unknown>
    draft: unknown
    revision: Generated<number>
    draft_by: string | null
    draft_at: string | null
    import_task: string | null
    created_at: Generated<string>
    updated_at: Generated<string>
  }
  study_version: {
    accession: string
    version: number
    content: unknown
    name: string
    message: string
    author: string
    at: Generated<string>
    task: string | null
    draft_revision: number | null
  }
  task: {
    kf_id: string
    release: string
    task_service: string | null
    state: 'waiting' | 'initialized' | 'running' | 'staged' | 'publishing' | 'published' | 'failed' | 'canceled' | 'rejected'
    progress: Generated<number>
    cancel_reason: 'fault' | 'request' | 'timeout' | 'report' | null
    created_at: Generated<string>
    position: GeneratedAlways<number>
    seq: Generated<number>
    moved_at: Generated<string>
    heard_at: Generated<string>
    poll_at: string | null
    poll_failures: Generated<number>
    files: unknown
    fault: unknown
  }
  task_service: {
    kf_id: string
    name: string
    url: string
    enabled: boolean
    deleted: Generated<boolean>
    sequence: number
  }
  version_floor: {
    one: Generated<boolean>
    major: number
    minor: number
    patch: number
  }
}
