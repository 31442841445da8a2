/** States of the export of a version. A failed job leaves it `absent`, with an error. */
export type ExportState = 'absent' | 'queued' | 'running' | 'ready'

export type ExportStatus = {
  readonly state: ExportState
  /** Who wanted the job under way: only somebody who reads, or somebody who asked for it. */
  readonly askedBy: 'read' | 'command'
  /** Milliseconds since the last job failed for good; null: it did not. */
  readonly failedMs: number | null
}

/** Milliseconds after a failure in which reading does not start another job. */
export const quietMs = 30_000

export type ReadDecision = { readonly status: 200 | 204 | 208; readonly queue: boolean }

/** What a GET or HEAD answers. HEAD starts nothing. */
export function decideRead({ state, failedMs }: ExportStatus, head: boolean): ReadDecision {
  if (state === 'ready') return { status: 200, queue: false }
  if (state !== 'absent') return { status: 208, queue: false }
  return { status: 204, queue: !head && (failedMs === null || failedMs >= quietMs) }
}

/** What a POST does: a job that somebody asked for is in the way, one that came from reading is taken over. */
export function decideStart({ state, askedBy }: ExportStatus): 'queue' | 'recreate' | 'adopt' | 'conflict' {
  if (state === 'absent') return 'queue'
  if (state === 'ready') return 'recreate'
  return askedBy === 'read' ? 'adopt' : 'conflict'
}

/** What a DELETE does. */
export function decideDelete({ state }: ExportStatus): 'delete' | 'cancel' | 'missing' {
  return state === 'absent' ? 'missing' : state === 'ready' ? 'delete' : 'cancel'
}

/** Tries of one job, and milliseconds before the second and third one. */
export const attempts = 3
/** Processes that may die in a row while they make one. More are no accident: the export is what kills them. */
export const mostDeaths = 10
export const retryMs = [5_000, 30_000] as const
