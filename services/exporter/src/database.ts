// Made from the migrations by `npm run schema`; not to be edited.
import type { PlatformTables } from '@slipway/store'
import type { Generated, GeneratedAlways } from 'kysely'

export type Database = PlatformTables & {
  blob: {
    id: string
    name: string | null
    place: string
    size: Generated<number>
    sha256: string | null
    created_at: Generated<string>
    touched_at: Generated<string>
    removed_at: string | null
  }
  blob_chunk: {
    blob: string
    number: number
    bytes: Buffer
  }
  bulk_import: {
    id: string
    number: GeneratedAlways<number>
    identity: unknown
    login: string
    queue: string
    update_if_exists: boolean
    content_hash: string
    state: Generated<'PENDING' | 'STARTED' | 'SUCCESS' | 'FAILURE' | 'REVOKED'>
    total: number
    processed: Generated<number>
    next_byte: Generated<number>
    counts: Generated<unknown>
    attempt: Generated<number>
    due_at: Generated<string>
    lease: string | null
    error: string | null
    traceparent: string | null
    created_at: Generated<string>
    started_at: string | null
    finished_at: string | null
    seq: Generated<number>
    target: unknown
    deaths: Generated<number>
  }
  bulk_import_part: {
    import: string
    first_line: number
    first_byte: number
    last_byte: number
    outcomes: string
    errors: unknown
  }
  child: {
    position: GeneratedAlways<number>
    source: number
    kind: 'concept' | 'mapping'
    id: string
    uuid: Generated<string>
    head: number
    number: Generated<number>
    retired: boolean
    search: string
    match_key: string | null
    from_source: number | null
    to_source: number | null
    created_on: string
    updated_on: string
    open_from: string | null
    open_to: string | null
    class: string | null
    datatype: string | null
    label: string | null
    from_code: string | null
    to_code: string | null
  }
  child_version: {
    position: GeneratedAlways<number>
    child: number
    number: number
    retired: boolean
    updated_on: string
    from_concept: number | null
    to_concept: number | null
    body: string
  }
  export: {
    version: number
    state: 'absent' | 'queued' | 'running' | 'ready'
    asked_by: Generated<string>
    attempt: Generated<number>
    due_at: Generated<string>
    lease: string | null
    lease_until: string | null
    error: string | null
    failed_at: string | null
    blob: string | null
    file_name: string | null
    created_on: string | null
    seq: Generated<number>
    task: string | null
    deaths: Generated<number>
  }
  member: {
    version: number
    kind: string
    child: number
    child_version: number
  }
  open_end_job: {
    mapping: number
    source: number
    due_at: Generated<string>
  }
  org: {
    id: string
    uuid: Generated<string>
    name: string
    company: string | null
    website: string | null
    location: string | null
    public_access: Generated<'View' | 'Edit' | 'None'>
    extras: Generated<unknown>
    members: Generated<number>
    created_on: Generated<string>
    created_by: string
    updated_on: Generated<string>
    updated_by: string
    seq: Generated<number>
  }
  org_member: {
    org: string
    login: string
    since: Generated<string>
  }
  orphaned_blob: {
    name: string
  }
  release_task: {
    task: string
    release: string
    studies: string[]
    state: 'initialized' | 'running' | 'staged' | 'publishing' | 'published' | 'failed' | 'canceled'
    progress: Generated<number>
    error: string | null
    cut_at: string | null
    told_state: string | null
    told_progress: Generated<number>
    attempt: Generated<number>
    due_at: string | null
    lease: string | null
    created_at: Generated<string>
    moved_at: Generated<string>
  }
  release_version: {
    task: string
    source: string
    study: string
    version: number | null
    label: string
    id: Generated<string>
    blob: string | null
    file_name: string | null
    size: number | null
    sha256: string | null
  }
  signing_secret: {
    one: Generated<boolean>
    secret: string
  }
  source: {
    position: GeneratedAlways<number>
    uuid: Generated<string>
    owner_type: string
    owner: string
    id: string
    name: string
    full_name: string
    description: string | null
    source_type: string | null
    public_access: 'View' | 'Edit' | 'None'
    default_locale: string
    supported_locales: string[]
    website: string | null
    custom_validation_schema: string | null
    external_id: string | null
    extras: unknown
    versions: Generated<number>
    active_concepts: Generated<number>
    active_mappings: Generated<number>
    all_concepts: Generated<number>
    all_mappings: Generated<number>
    clock: Generated<string>
    created_on: Generated<string>
    created_by: string
    updated_on: Generated<string>
    updated_by: string
    seq: Generated<number>
    attributes: Generated<unknown>
  }
  source_version: {
    position: GeneratedAlways<number>
    uuid: Generated<string>
    source: number
    id: string
    released: Generated<boolean>
    retired: Generated<boolean>
    description: string | null
    external_id: string | null
    version_external_id: string | null
    extras: Generated<unknown>
    previous_version: number | null
    parent_version: number | null
    snapshot: unknown
    active_concepts: Generated<number>
    active_mappings: Generated<number>
    all_concepts: Generated<number>
    all_mappings: Generated<number>
    member_bytes: Generated<number>
    last_updated: Generated<string>
    created_on: Generated<string>
    created_by: string
    updated_on: Generated<string>
    updated_by: string
    seq: Generated<number>
  }
  tally: {
    scope: string
    visible: Generated<number>
    hidden: Generated<number>
  }
}
