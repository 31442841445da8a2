// Made from the migrations by `npm run schema`; not to be edited.
import type { PlatformTables } from '@slipway/store'
import type { Generated, GeneratedAlways } from 'kysely'

export type Database = PlatformTables & {
  account_profile: {
    user_id: Generated<number>
    login: string
    first_name: string | null
    last_name: string | null
    email: string | null
    lang_key: Generated<string>
    activated: Generated<boolean>
    accept_notifications: Generated<boolean>
    country_notifications_only: Generated<boolean>
    sequence: number | null
    removed: Generated<boolean>
  }
  affiliate: {
    affiliate_id: Generated<number>
    seq: Generated<number>
    created_at: Generated<string>
    creator: string | null
    import_key: string | null
    home_member: string
    standing: Generated<'APPLYING' | 'PENDING_INVOICE' | 'INVOICE_SENT' | 'IN_GOOD_STANDING' | 'DEACTIVATION_PENDING' | 'DEACTIVATED' | 'DEREGISTERED' | 'REJECTED'>
    details: unknown
    notes_internal: string | null
    checked_text: GeneratedAlways<string>
  }
  application: {
    application_id: Generated<number>
    seq: Generated<number>
    application_type: 'PRIMARY' | 'EXTENSION' | 'IMPORT'
    affiliate_id: number
    username: string
    member: string
    state: Generated<'NOT_SUBMITTED' | 'CHANGE_REQUESTED' | 'SUBMITTED' | 'RESUBMITTED' | 'REVIEW_REQUESTED' | 'APPROVED' | 'REJECTED'>
    created_at: Generated<string>
    submitted_at: string | null
    completed_at: string | null
    details: unknown
    notes_internal: string | null
    reason: string | null
    snomed_license: Generated<boolean>
    commercial_usage_id: number | null
  }
  audit_event: {
    audit_event_id: Generated<number>
    recorded_at: Generated<string>
    principal: string
    type: string
    data: Generated<unknown>
    release_package_id: number | null
    release_version_id: number | null
    release_file_id: number | null
    affiliate_id: number | null
    application_id: number | null
  }
  base_product: {
    id: Generated<number>
    seq: Generated<number>
    base_product_id: string
    path: string
    short: string
    version: string
    name: string
    release_type: string
  }
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
  change: {
    changeset_id: number
    position: number
    resource: string
    resource_id: string
    old_value: string
    new_value: string
  }
  changeset: {
    id: GeneratedAlways<number>
    author: string | null
    comment: string | null
    requested_on: string
    committed_on: Generated<string>
  }
  commercial_usage: {
    commercial_usage_id: Generated<number>
    affiliate_id: number
    type: string | null
    created_at: Generated<string>
    start_date: string
    end_date: string
    state: Generated<'NOT_SUBMITTED' | 'CHANGE_REQUESTED' | 'SUBMITTED' | 'RESUBMITTED' | 'PENDING_INVOICE' | 'INVOICE_SENT' | 'REVIEW_REQUESTED' | 'PAID' | 'REJECTED'>
    note: string | null
    context: Generated<unknown>
    submitted_at: string | null
    effective_to: string | null
  }
  commercial_usage_country: {
    commercial_usage_count_id: Generated<number>
    commercial_usage_id: number
    country: string
    notes: string | null
    counts: Generated<unknown>
    created_at: Generated<string>
  }
  commercial_usage_entry: {
    commercial_usage_entry_id: Generated<number>
    commercial_usage_id: number
    name: string | null
    note: string | null
    start_date: string | null
    end_date: string | null
    country: string
    created_at: Generated<string>
  }
  country: {
    iso_code2: string
    iso_code3: string
    common_name: string
    exclude_usage: Generated<boolean>
    alternate_registration_url: string | null
  }
  download: {
    download_id: string
    started_at: Generated<string>
    principal: string
    affiliate_id: number | null
    release_package_id: number
    release_version_id: number
    release_file_id: number
    data: unknown
  }
  installation: {
    id: Generated<string>
    single: Generated<boolean>
  }
  last_change: {
    resource: string
    changed_at: string | null
  }
  mail: {
    mail_id: Generated<string>
    created_at: Generated<string>
    notification_id: number | null
    login: string | null
    recipient: string
    subject: string
    html: string | null
    state: Generated<'queued' | 'sent' | 'failed'>
    attempts: Generated<number>
    due_at: Generated<string>
    leased_until: string | null
    last_error: string | null
    settled_at: string | null
  }
  member: {
    member_id: Generated<number>
    seq: Generated<number>
    key: string
    created_at: Generated<string>
    name: string
    license_name: string | null
    license_version: string | null
    license_file_id: number | null
    license_filename: string | null
    license_mimetype: string | null
    license_updated_at: string | null
    promote_packages: boolean | null
    contact_email: string | null
    member_org_name: string | null
    member_org_url: string | null
    staff_notification_email: string | null
  }
  notification: {
    notification_id: Generated<number>
    created_at: Generated<string>
    principal: string
    release_package_id: number
    release_version_id: number
    member: string
    package_name: string | null
    version_name: string | null
    base_url: string
    recipients: number | null
    task: Generated<string>
    told: Generated<number>
    ended: Generated<boolean>
  }
  package_study: {
    release_package_id: number
    study: string
    base_url: string
  }
  pdc_release: {
    id: Generated<number>
    seq: Generated<number>
    release_id: string
    path: string
    short: string
    version: string
    version_parts: GeneratedAlways<string[]>
    name: string
    release_type: string
    base_product_id: number | null
    product_version_id: number | null
    integrated_with_id: number | null
    active: boolean
    allow_buildroot_push: boolean
    debuginfo_services: string[]
    bugzilla_product: string | null
    dist_git_branch: string | null
    renames: Generated<number>
    renamed_at: Generated<string>
  }
  product: {
    id: Generated<number>
    seq: Generated<number>
    short: string
    name: string
  }
  product_version: {
    id: Generated<number>
    seq: Generated<number>
    product_version_id: string
    path: string
    product_id: number
    short: string
    version: string
    name: string
  }
  release_file: {
    release_file_id: Generated<number>
    release_version_id: number
    seq: Generated<number>
    created_at: Generated<string>
    created_by: string
    label: string | null
    download_url: string | null
    md5_hash: string | null
    file_size: string | null
    primary_file: Generated<boolean>
    sha256: string | null
  }
  release_package: {
    release_package_id: Generated<number>
    seq: Generated<number>
    revision: Generated<number>
    created_at: Generated<string>
    updated_at: Generated<string>
    created_by: string
    member: string
    name: string | null
    description: string | null
    copyrights: string | null
    uri: string | null
    priority: number | null
    license_filename: string | null
    license_mimetype: string | null
    license_updated_at: string | null
    inactive_at: string | null
  }
  release_task: {
    task: string
    release: string
    state: 'initialized' | 'running' | 'staged' | 'publishing' | 'published' | 'failed' | 'canceled'
    error: string | null
    created_at: Generated<string>
    moved_at: Generated<string>
  }
  release_task_version: {
    release: string
    release_package_id: number
    task: string
    release_version_id: number
    name: string
    base_url: string
    announced: Generated<boolean>
    published_as: string | null
  }
  release_template: {
    schedule_id: number
    start_id: Generated<string>
    name: string
    description: string
    studies: string[]
    tags: string[]
    is_major: boolean
    author: string
    release: string | null
    attempts: Generated<number>
    error: string | null
    due_at: Generated<string>
  }
  release_type: {
    short: string
    name: string
    suffix: string
  }
  release_version: {
    release_version_id: Generated<number>
    release_package_id: number
    seq: Generated<number>
    entry_id: Generated<string>
    created_at: Generated<string>
    updated_at: Generated<string>
    created_by: string
    name: string | null
    description: string | null
    summary: string | null
    release_type: Generated<string>
    state: GeneratedAlways<string>
    published_at: string | null
    version_uri: string | null
    version_dependent_uri: string | null
    version_dependent_derivative_uri: string | null
    package_type: string | null
    archive: Generated<boolean>
  }
  schedule: {
    id: Generated<number>
    seq: Generated<number>
    release_id: number
    sla_id: number
    date: string
    updated_at: Generated<string>
    expired_for: string | null
    renames_before: Generated<number>
  }
  schedule_count: {
    date: string
    sla_id: number
    slot: number
    rows: number
  }
  sla: {
    id: Generated<number>
    seq: Generated<number>
    name: string
    description: string
  }
}
