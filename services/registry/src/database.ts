// Made from the migrations by `npm run schema`; not to be edited.
import type { PlatformTables } from '@slipway/store'
import type { Generated, GeneratedAlways } from 'kysely'

export type Database = PlatformTables & {
  health_check: {
    id: GeneratedAlways<number>
    task_service: string
    checked_at: string
    ok: boolean
    duration_ms: number
    detail: string | null
  }
  task_service: {
    kf_id: string
    name: string
    description: string
    author: string
    url: string
    enabled: Generated<boolean>
    last_ok_status: Generated<number>
    created_at: Generated<string>
    created_seq: GeneratedAlways<number>
    seq: Generated<number>
    next_check_at: Generated<string>
    check_lease: string | null
    check_lease_until: string | null
    check_count: Generated<number>
    turns: Generated<unknown>
  }
  task_service_count: {
    single: Generated<boolean>
    total: Generated<number>
    enabled: Generated<number>
  }
}
