import { affiliateTypes, commercialUsageOperations, failure } from '@slipway/contracts'
import type { Endpoint } from '../endpoint.ts'
import { pathParameters } from '../path-ids.ts'
import { body } from '../request-input.ts'
import { listQuery } from './list-query.ts'

const operations = commercialUsageOperations
const all = '/api/commercialUsages'
const ofAffiliate = '/api/affiliates/:affiliateId/commercialUsages'
const one = `${all}/:commercialUsageId`
const entry = `${one}/entries/:commercialUsageEntryId`
const country = `${one}/countries/:commercialUsageCountId`

const audience = 'signed-in'
const describe = { body: 'body' } as const
const created = { body: 'body', success: 201 } as const

export const commercialUsageEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: all,
    audience: 'editor',
    operation: operations.list,
    input: listQuery,
    describe: { query: ['$filter', 'orderby', 'page', 'size'] },
  },
  { method: 'GET', path: '/api/reviewUsageReports', audience: 'editor', operation: operations.review },
  { method: 'GET', path: ofAffiliate, audience, operation: operations.listOf },
  { method: 'POST', path: ofAffiliate, audience, operation: operations.create, input: body, describe },
  { method: 'GET', path: one, audience, operation: operations.get },
  { method: 'POST', path: one, audience, operation: operations.addEntry, input: body, describe: created },
  { method: 'PUT', path: `${one}/context`, audience, operation: operations.setContext, input: body, describe },
  {
    method: 'PUT',
    path: `${one}/type/:type`,
    audience,
    operation: operations.setType,
    input(request) {
      const text = String(pathParameters(request).type)
      const type = affiliateTypes.find(known => known === text)
      if (!type) throw failure('refused', `Unknown type: '${text}'`)
      return { type }
    },
  },
  { method: 'POST', path: `${one}/approval`, audience, operation: operations.transition, input: body, describe },
  { method: 'GET', path: entry, audience, operation: operations.getEntry },
  { method: 'PUT', path: entry, audience, operation: operations.updateEntry, input: body, describe },
  { method: 'DELETE', path: entry, audience, operation: operations.deleteEntry },
  {
    method: 'POST',
    path: `${one}/countries`,
    audience,
    operation: operations.addCountry,
    input: body,
    describe: created,
  },
  { method: 'GET', path: country, audience, operation: operations.getCountry },
  { method: 'PUT', path: country, audience, operation: operations.updateCountry, input: body, describe },
  { method: 'DELETE', path: country, audience, operation: operations.deleteCountry },
]
