import { hasTag } from '@slipway/service'

/** What the headers of a task's representation depend on. */
export type TaskState = { readonly revision: number; readonly ended: boolean; readonly age: number }

/** Seconds to wait before asking again: short for a young task, never more than 5. */
function retryAfter(age: number): number {
  return Math.min(5, 1 + Math.floor(age / 15))
}

const etagOf = (id: string, { revision }: TaskState) => `"${encodeURIComponent(id)}.${revision}"`

/** A task that is under way is not kept by caches; one that has ended only changes by being forgotten. */
export function taskHeaders(id: string, state: TaskState): Record<string, string> {
  return {
    ETag: etagOf(id, state),
    ...(state.ended
      ? { 'Cache-Control': 'private, no-cache' }
      : { 'Cache-Control': 'no-store', 'Retry-After': String(retryAfter(state.age)) }),
  }
}

/** True when the client has this state of the resource already. */
export function matches(header: string | undefined, etag: string | undefined): boolean {
  return header !== undefined && etag !== undefined && hasTag(header, etag, { weak: true })
}
