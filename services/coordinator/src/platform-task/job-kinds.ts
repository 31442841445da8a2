import { events, isPublic, type ServiceName, type TaskStatus } from '@slipway/contracts'

/** What an event says, as far as jobs are concerned. */
export type JobEvent = {
  readonly noun: string
  readonly verb: string
  readonly aggregate: string
  readonly actor: string
  readonly data: unknown
}

type Data = Readonly<Record<string, unknown>>
type Text = (data: Data, actor: string) => string

/** How the events of one kind of job are read as the life of a task. */
export type JobKind = {
  readonly kind: string
  /** Noun of the events; their aggregate is the id of the job. */
  readonly noun: string
  /** The service that is asked for its events when a task with this prefix is not known; null: it is always known. */
  readonly owner: Exclude<ServiceName, 'coordinator'> | null
  readonly prefix: string
  readonly application: string
  readonly name: Text
  readonly createdBy: Text
  readonly subject?: (data: Data) => string | null
  /** Status that each verb stands for; a verb that is not here changes no status. */
  readonly statuses: Readonly<Record<string, TaskStatus | ((data: Data) => TaskStatus)>>
  /** Verbs of events that begin a job: only these make a new entry. */
  readonly begins: readonly string[]
  readonly progress?: (data: Data) => { readonly done: number; readonly total: number }
  readonly metadata?: (data: Data) => Data
  readonly result?: (data: Data) => Data
  readonly error?: (data: Data) => string
}

const text = (value: unknown) => (typeof value === 'string' ? value : '')
const author: Text = (data, actor) => text(data.author) || actor
const starter: Text = (_data, actor) => actor
/** `/orgs/MyOrg/sources/ICD/v1/` is `ICD/v1`. */
const versionName = (data: Data) => `${text(data.source_url).split('/').filter(Boolean).at(-1)}/${text(data.version)}`

/** One row for each kind of job of the platform that announces itself by events: a new kind is one more row. */
export const jobKinds: readonly JobKind[] = [
  {
    kind: 'release',
    noun: 'release',
    owner: null,
    prefix: 'RE',
    application: 'slipway/coordinator',
    name: data => `Release ${text(data.name)}`,
    createdBy: author,
    begins: ['created'],
    statuses: {
      created: 'CREATED',
      initializing: 'STARTING',
      running: 'RUNNING',
      staged: 'RUNNING',
      publishing: 'RUNNING',
      canceling: 'RUNNING',
      published: 'DONE',
      failed: 'FAILED',
      canceled: 'KILLED',
    },
    metadata: data => ({ studies: data.study_versions ?? null }),
    result: data => ({ version: data.version }),
    error: () => 'A task of the release failed.',
  },
  {
    kind: 'release-task',
    noun: 'task',
    owner: null,
    prefix: 'TA',
    application: 'slipway/coordinator',
    name: data => `${text(data.service_name) || 'Task'} for ${text(data.release_id)}`,
    createdBy: author,
    subject: data => text(data.release_id),
    begins: ['created'],
    statuses: {
      // A task that is recorded by hand begins in any state.
      created: data => taskStatus(data),
      initialized: 'STARTING',
      running: 'RUNNING',
      staged: 'RUNNING',
      publishing: 'RUNNING',
      published: 'DONE',
      failed: 'FAILED',
      rejected: 'FAILED',
      canceled: data => taskStatus(data),
      deleted: 'KILLED',
    },
    progress: data => ({ done: Number(data.progress ?? 0), total: 100 }),
    error: data => withFault(data.state === 'rejected' ? 'The task service refused its part' : 'The task failed', data),
  },
  {
    kind: 'export',
    noun: 'export',
    owner: 'exporter',
    prefix: 'EX',
    application: 'slipway/exporter',
    name: data => `Export ${versionName(data)}`,
    createdBy: starter,
    subject: data => text(data.version_url),
    begins: ['queued'],
    statuses: { queued: 'QUEUED', started: 'RUNNING', ready: 'DONE', failed: 'FAILED', deleted: 'KILLED' },
    result: data => ({ versionUrl: data.version_url, size: data.size, sha256: data.sha256 }),
    error: data => text(data.error),
  },
  {
    kind: 'bulk-import',
    noun: 'bulk-import',
    owner: 'exporter',
    prefix: 'BI',
    application: 'slipway/exporter',
    name: data => `Bulk import of ${text(data.username)}`,
    createdBy: (data, actor) => text(data.username) || actor,
    begins: ['queued'],
    statuses: { queued: 'QUEUED', started: 'RUNNING', succeeded: 'DONE', failed: 'FAILED', revoked: 'KILLED' },
    progress: data => ({ done: Number(data.processed ?? 0), total: Number(data.total ?? 0) }),
    result: data => ({ counts: data.counts ?? {} }),
    error: data => text(data.message),
  },
  {
    kind: 'notification',
    noun: 'notification',
    owner: 'catalog',
    prefix: 'NT',
    application: 'slipway/notifier',
    name: data => `Notify affiliates of ${text(data.version_name) || `version ${data.release_version_id}`}`,
    createdBy: starter,
    begins: ['recorded'],
    statuses: { recorded: 'CREATED', sending: 'RUNNING', sent: 'DONE', failed: 'FAILED' },
    result: data => ({ mails: data.total ?? 0 }),
    error: data => `${data.failed} of ${data.total} mails could not be delivered.`,
  },
]

/** A sentence with why, where that is known. */
function withFault(sentence: string, { fault }: Data): string {
  return fault ? `${sentence}: ${text(fault)}` : `${sentence}.`
}

/** Why a task of a release was canceled decides what it is called. */
function taskStatus({ state, cancel_reason }: Data): TaskStatus {
  switch (state) {
    case 'waiting':
      return 'QUEUED'
    case 'initialized':
      return 'STARTING'
    case 'published':
      return 'DONE'
    case 'failed':
    case 'rejected':
      return 'FAILED'
    case 'canceled':
      return cancel_reason === 'fault' ? 'BLOCKED_BY_DEPENDENCY_FAILURE' : 'KILLED'
    default:
      return 'RUNNING'
  }
}

/** Kinds of jobs whose events are for everybody: so are the jobs. */
export const publicKinds: readonly string[] = jobKinds
  .filter(({ noun }) => events.filter(event => event.noun === noun).every(({ audience }) => isPublic(audience)))
  .map(({ kind }) => kind)

const byNoun = new Map(jobKinds.map(kind => [kind.noun, kind]))
const byPrefix = new Map(jobKinds.map(kind => [kind.prefix, kind]))

export const kindOfNoun = (noun: string) => byNoun.get(noun)
export const kindOfPrefix = (prefix: string) => byPrefix.get(prefix)
