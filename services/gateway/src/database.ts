// Made from the migrations by `npm run schema`; not to be edited.
import type { PlatformTables } from '@slipway/store'
import type { Generated, GeneratedAlways } from 'kysely'

export type Database = PlatformTables & {
  account: {
    id: Generated<string>
    login: string
    password_hash: string | null
    email: string | null
    given_name: string | null
    family_name: string | null
    roles: Generated<string[]>
    groups: Generated<string[]>
    permissions: Generated<string[]>
    member: string | null
    active: Generated<boolean>
    superuser: Generated<boolean>
    created_at: Generated<string>
    updated_at: Generated<string>
    seq: Generated<number>
    lang_key: Generated<string>
    country: string | null
    activated: Generated<boolean>
    activation_hash: Buffer | null
    activation_expires_at: string | null
    deregistered: Generated<boolean>
    standing_seq: Generated<number>
    epoch: Generated<number>
  }
  api_token: {
    id: Generated<string>
    account_id: string
    hash: Buffer
    prefix: string
    name: string
    configured: Generated<boolean>
    created_at: Generated<string>
    last_used_at: string | null
    expires_at: string | null
    revoked_at: string | null
    scopes: string[] | null
    session: Generated<boolean>
    made_with: string | null
    epoch: Generated<number>
  }
  external_profile: {
    subject: string
    login: string
    email: string | null
    given_name: string | null
    family_name: string | null
    picture: string | null
    first_seen_at: Generated<string>
    last_seen_at: Generated<string>
    fetched: Generated<boolean>
  }
  known_login: {
    key: string
    login: string
    subject: string
    given_at: Generated<string>
  }
  revoked_key: {
    key: string
    revoked_at: Generated<string>
    announced: Generated<boolean>
  }
  signing_key: {
    kid: string
    public_jwk: unknown
    private_jwk: unknown
    created_at: Generated<string>
  }
  stream_event: {
    position: GeneratedAlways<number>
    event_id: string
    noun: string
    verb: string
    aggregate: string
    release_id: string | null
    payload: string
    stored_at: Generated<string>
    readers: string[]
    thing: string | null
  }
  stream_purge: {
    one: Generated<boolean>
    purged_to: Generated<number>
  }
  told_access: {
    url: string
    aggregate: string
    sequence: number
    public: boolean
    members: string[] | null
    at: Generated<number>
  }
  user_profile: {
    account_id: string
    company: string | null
    location: string | null
    preferred_locale: string | null
    extras: Generated<unknown>
  }
  webhook: {
    id: Generated<string>
    owner: string
    owner_login: string
    account_id: string | null
    url: string
    description: Generated<string>
    types: Generated<string[]>
    releases: Generated<string[]>
    studies: Generated<string[]>
    enabled: Generated<boolean>
    disabled_reason: 'request' | 'gone' | 'failing' | null
    disabled_at: string | null
    failing_since: string | null
    last_failed_at: string | null
    paused_until: string | null
    sequence: Generated<number>
    created_at: Generated<string>
    updated_at: Generated<string>
    scopes: string[] | null
    token_id: string | null
  }
  webhook_attempt: {
    delivery_id: string
    number: number
    started_at: string
    duration_ms: number
    status: number | null
    error: string | null
    response: string | null
  }
  webhook_delivery: {
    id: Generated<string>
    webhook_id: string
    message_id: string
    state: Generated<'pending' | 'delivered' | 'failed'>
    tries: Generated<number>
    attempts: Generated<number>
    due_at: Generated<string>
    lease: string | null
    last_status: number | null
    last_error: string | null
    created_at: Generated<string>
    settled_at: string | null
  }
  webhook_message: {
    id: string
    type: string
    body: string
    created_at: Generated<string>
    readers: string[] | null
    thing: string | null
  }
  webhook_secret: {
    webhook_id: string
    secret: string
    created_at: Generated<string>
    expires_at: string | null
  }
  webhook_viewer: {
    webhook_id: string | null
    account_id: string | null
    good: boolean | null
    superuser: boolean | null
    roles: string[] | null
    groups: string[] | null
    permissions: string[] | null
    member: string | null
    login: string | null
  }
}
