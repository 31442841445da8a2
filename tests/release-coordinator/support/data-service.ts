import type { ServerResponse } from 'node:http'
import { answerJson, type HttpServer, httpServer } from './http-server.ts'

export type DataServiceStudy = {
  readonly kf_id: string
  readonly name: string
  readonly visible: boolean
  readonly created_at: string
}

export type DataService = HttpServer & {
  /** What it has; may be changed. */
  studies: DataServiceStudy[]
  /** Studies a page, whatever the caller asks for. */
  pageSize: number
  /** Answers instead of the usual, for the requests to come; `undefined` leaves one of them as usual. */
  script: (((response: ServerResponse) => void) | undefined)[]
  /** Path and query of every request. */
  readonly requests: string[]
}

/** The external source of studies, as the Kids First data service pages them: `_links.next` leads on. */
export async function dataService(studies: readonly DataServiceStudy[]): Promise<DataService> {
  const requests: string[] = []
  const server = await httpServer((request, response) => {
    requests.push(request.url ?? '')
    const step = service.script.shift()
    if (step) return step(response)
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
    if (pathname !== '/studies') return answerJson(response, { _status: { code: 404 } }, 404)
    const first = service.studies.findIndex(study => study.kf_id === searchParams.get('after')) + 1
    const results = service.studies.slice(first, first + service.pageSize)
    const isLast = first + service.pageSize >= service.studies.length
    const next = isLast ? {} : { next: `/studies?after=${results.at(-1)?.kf_id}` }
    answerJson(response, {
      _links: { self: request.url, ...next },
      _status: { code: 200, message: 'success' },
      limit: service.pageSize,
      results: results.map(study => ({ ...study, modified_at: study.created_at, data_access_authority: 'dbGaP' })),
      total: service.studies.length,
    })
  })
  const service: DataService = { ...server, studies: [...studies], pageSize: 100, script: [], requests }
  return service
}

export const study = (kf_id: string, name = `study ${kf_id}`, visible = true): DataServiceStudy => ({
  kf_id,
  name,
  visible,
  created_at: '2018-06-11T18:30:23.467518+00:00',
})
