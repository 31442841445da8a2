import { auditOperations } from '@slipway/contracts'
import { jsonObject } from '../body.ts'
import type { Endpoint } from '../endpoint.ts'
import { listQuery } from './list-query.ts'

export const auditEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/api/audits',
    audience: 'editor',
    operation: auditOperations.list,
    input: listQuery,
    describe: { query: ['$filter'] },
  },
  {
    method: 'POST',
    path: '/api/audits/getAllAuditEventsCSV',
    audience: 'editor',
    operation: auditOperations.downloads,
    input: request => ({ body: jsonObject(request) }),
    describe: { body: 'body' },
  },
]
