import { jobPrefixes } from '@slipway/contracts'

/** Kinds of jobs that the coordinator runs itself; `study-mirror` and `study-import-now` belong to the request that waits. */
export type JobKindName = 'publish-all' | 'publish-study' | 'study-import' | 'study-import-now' | 'study-mirror'

type JobKind = {
  readonly prefix: string
  readonly application: string
  readonly name: (subject: string | null) => string
  /** Nobody waits for the outcome in person: any replica may run it, and run it again. */
  readonly resumable: boolean
}

export const ownJobKinds: Readonly<Record<JobKindName, JobKind>> = {
  'publish-all': {
    prefix: jobPrefixes.publish,
    application: 'slipway/publisher',
    name: () => 'Publish versions of all studies',
    resumable: true,
  },
  'publish-study': {
    prefix: jobPrefixes.publish,
    application: 'slipway/publisher',
    name: subject => `Publish versions of ${subject}`,
    resumable: true,
  },
  'study-import': {
    prefix: jobPrefixes.import,
    application: 'slipway/publisher',
    name: () => 'Import study',
    resumable: true,
  },
  'study-import-now': {
    prefix: jobPrefixes.import,
    application: 'slipway/publisher',
    name: () => 'Import study',
    resumable: false,
  },
  'study-mirror': {
    prefix: jobPrefixes.mirror,
    application: 'slipway/coordinator',
    name: () => 'Mirror studies',
    resumable: false,
  },
}

/** Tries of a job, and milliseconds before the second and the third. */
export const attempts = 3
export const backOffMs = [1_000, 5_000] as const
/** Processes that may die in a row while they run one. More are no accident: the job is what kills them. */
export const mostDeaths = 10
/** Seconds that a job may take in all. */
export const timeOutSeconds = 6 * 3600

/** A job that this process runs, as long as its lease holds. */
export type RunningJob = {
  readonly id: string
  readonly kind: JobKindName
  readonly lease: string
  readonly attempt: number
  /** Processes in a row that died while they ran it. */
  readonly deaths: number
  readonly created_by: string
  readonly subject: string | null
  readonly input: Readonly<Record<string, unknown>>
  /** Milliseconds that it may go on for; less than none when its time was over before. */
  readonly remaining_ms: number
}

export type JobError = { readonly stage: string; readonly stack: readonly { type: string; message: string }[] }

/** How a job ended. */
export type JobEnd =
  | { readonly status: 'DONE'; readonly result: Readonly<Record<string, unknown>> }
  | { readonly status: 'FAILED' | 'KILLED'; readonly errors: readonly JobError[] }

export function failed(stage: string, error: unknown): JobEnd {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  return { status: 'FAILED', errors: [{ stage, stack: [{ type: name, message }] }] }
}

export function killed(stage: string): JobEnd {
  return { status: 'KILLED', errors: [{ stage, stack: [{ type: 'KILLED', message: 'The task was stopped.' }] }] }
}
