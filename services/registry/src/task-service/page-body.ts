import type { RawBody } from '@slipway/bus'
import { type PageRequest, pageLinks } from '@slipway/contracts'
import type { RenderedPage } from './task-service.store.ts'

/** The body of a list: the envelope around items that Postgres has rendered. `url` is the list's absolute address. */
export function pageBody(url: string, request: PageRequest, { count, results }: RenderedPage): RawBody {
  const { next, previous } = pageLinks(url, request, count)
  const links = `"next":${JSON.stringify(next)},"previous":${JSON.stringify(previous)}`
  return { raw: `{"count":${count},${links},"results":${results}}` }
}
