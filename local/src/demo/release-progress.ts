/** What the demo knows of its release, from its event stream and from looking it up. */
export type ReleaseProgress = {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly version: string
  readonly tasks: readonly TaskProgress[]
}

export type TaskProgress = {
  readonly id: string
  readonly service: string
  readonly state: string
  /** Percent. */
  readonly progress: number
}

/** A release as `GET /releases/{id}` shows it. */
export type ReleaseRecord = {
  readonly kf_id: string
  readonly name: string
  readonly state: string
  readonly version: string
  readonly tasks: readonly {
    readonly kf_id: string
    readonly service_name: string
    readonly state: string
    readonly progress: number
  }[]
}

const order = ['waiting', 'initializing', 'initialized', 'running', 'staged', 'publishing', 'canceling']
const ended = ['published', 'failed', 'canceled', 'rejected']

export function hasEnded(state: string): boolean {
  return ended.includes(state)
}

/** States are never taken back: what arrives late, or was looked up before an event came, must not turn time back. */
function rank(state: string): number {
  const place = order.indexOf(state)
  return place < 0 ? order.length : place
}

export function fromRecord(record: ReleaseRecord): ReleaseProgress {
  const { kf_id, name, state, version } = record
  const tasks = record.tasks.map(task => ({
    id: task.kf_id,
    service: task.service_name,
    state: task.state,
    progress: task.progress,
  }))
  return { id: kf_id, name, state, version, tasks }
}

/** Puts together what was known and what was looked up, which may be older than the last event. */
export function withRecord(known: ReleaseProgress, record: ReleaseRecord): ReleaseProgress {
  const found = fromRecord(record)
  const isOlder = hasEnded(known.state) ? found.state !== known.state : rank(found.state) < rank(known.state)
  const start = { ...(isOlder ? known : found), tasks: known.tasks }
  return found.tasks.reduce((release, task) => {
    const old = release.tasks.find(other => other.id === task.id)
    return old?.state === task.state && task.progress < old.progress ? release : withTask(release, task)
  }, start)
}

/** Takes up an event of the platform's stream (CloudEvents); one of something else changes nothing. */
export function withEvent(known: ReleaseProgress, event: string, data: unknown): ReleaseProgress {
  const fields = (typeof data === 'object' && data !== null ? data : {}) as Record<string, unknown>
  if (fields.release_id !== known.id || typeof fields.state !== 'string') return known
  const { state } = fields
  if (event.startsWith('task.') && typeof fields.task_id === 'string') {
    // The second half of the work counts from nothing again; what was reported of the first half is still on record.
    const progress = event === 'task.publishing' ? 0 : Number(fields.progress ?? 0)
    const service = fields.service_name ?? fields.task_service_id ?? fields.task_id
    return withTask(known, { id: fields.task_id, service: String(service), state, progress })
  }
  if (!event.startsWith('release.') || hasEnded(known.state) || rank(state) < rank(known.state)) return known
  return { ...known, state, version: typeof fields.version === 'string' ? fields.version : known.version }
}

function withTask(known: ReleaseProgress, task: TaskProgress): ReleaseProgress {
  const old = known.tasks.find(other => other.id === task.id)
  if (!old) return { ...known, tasks: [...known.tasks, task] }
  const isNothingNew = task.state === old.state && task.progress === old.progress
  if (isNothingNew || hasEnded(old.state) || rank(task.state) < rank(old.state)) return known
  return { ...known, tasks: known.tasks.map(other => (other === old ? task : other)) }
}

/** One line for each thing that differs, for people and programs that read lines. */
export function changes(before: ReleaseProgress | undefined, after: ReleaseProgress): string[] {
  const known = new Set(before ? linesOf(before) : [])
  return linesOf(after).filter(line => !known.has(line))
}

function linesOf({ id, state, version, tasks }: ReleaseProgress): string[] {
  return [...tasks.map(taskLine), `release ${id} ${state} ${version}`]
}

function taskLine({ id, service, state, progress }: TaskProgress): string {
  // Only work that is under way has a progress that says something.
  const percent = state === 'running' || state === 'publishing' ? ` ${progress} %` : ''
  return `task ${id} ${service} ${state}${percent}`
}
