import { affiliateOperations, affiliateSchema, failure, largestAffiliateTable } from '@slipway/contracts'
import { sendReply } from '../../api/answers.ts'
import { lastValue, queryParameters } from '../../http/query.ts'
import { deleteLicensee } from '../../identity/delete-licensee.ts'
import { noteStanding } from '../../identity/standing.ts'
import { jsonObject } from '../body.ts'
import type { Endpoint, EndpointCall } from '../endpoint.ts'
import { renderError } from '../error-shape.ts'
import { answerOfOperation } from '../serve-endpoints.ts'
import { openUpload } from '../upload.ts'
import { listQuery, pageParameters } from './list-query.ts'
import { answerWithReports, withUsageReports } from './usage-report.ts'

const {
  check,
  mine,
  ofCreator,
  list,
  get,
  getDetail,
  update,
  updateDetail,
  export: exportAll,
  import: importAll,
  importSpec,
  delete: remove,
} = affiliateOperations
const one = '/api/affiliates/:affiliateId'

const noted = affiliateSchema.pick({ creator: true, standingState: true })

/**
 * Sets the standing. Whoever is struck off must not get in with the very next request, so the account is told at once;
 * the event that comes later tells the same.
 */
async function setStanding({ request, reply, parameters, call, options }: EndpointCall) {
  const { bus, store, announceChange } = options
  const input = { affiliateId: parameters.affiliateId as number, body: jsonObject(request) }
  const { status, headers, body } = await bus.request(update, input, call)
  const { creator, standingState } = noted.parse(JSON.parse(Buffer.from(body).toString('utf8')))
  const sequence = Number(/^"(\d+)"$/.exec(headers.etag ?? '')?.[1])
  if (creator !== null && (await noteStanding(store, creator, standingState, sequence))) await announceChange()
  return sendReply({ status, headers, body: withUsageReports(body) }, reply)
}

/** The account goes at once, so that it does not make the affiliate anew; the event that comes later does the same. */
async function deleteOne({ reply, caller, parameters, call, options }: EndpointCall) {
  const input = { affiliateId: parameters.affiliateId as number }
  const { status, headers, body } = await options.bus.request(remove, input, call)
  const { creator } = noted.parse(JSON.parse(Buffer.from(body).toString('utf8')))
  if (creator !== null) {
    const actor = caller?.identity.login ?? creator
    const gone = await options.store.transaction(tx => deleteLicensee(tx, creator, actor))
    if (gone !== undefined) {
      await options.announceChange()
      await options.showAccount(gone)
    }
  }
  return sendReply({ status, headers, body: withUsageReports(body) }, reply)
}

async function importTable({ request, reply, call, options }: EndpointCall) {
  const limit = Math.min(options.uploadLimit, largestAffiliateTable)
  const { file } = await openUpload(request, limit)
  if (!file) throw failure('malformed', "Required part 'file' is not present.")
  const { status, headers, body } = await options.bus.upload(importAll, {}, file.bytes, call)
  return sendReply({ status, headers, body }, reply)
}

/** What the public check refuses is told in fewer words than elsewhere: its clients know these three, in this order. */
async function answerCheck(endpointCall: EndpointCall, endpoint: Endpoint) {
  const { request, reply } = endpointCall
  try {
    return await answerOfOperation(endpointCall, endpoint)
  } catch (cause) {
    const { error, status, message } = renderError(cause, request.url).body
    if (status !== 400) throw cause
    return reply
      .code(status)
      .header('content-type', 'application/json')
      .send(JSON.stringify({ error, status, message }))
  }
}

export const affiliateEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/api/affiliates/check',
    audience: 'anyone',
    operation: check,
    answer: answerCheck,
    input(request) {
      const query = queryParameters(request)
      return {
        member: lastValue(query, 'member'),
        match: lastValue(query, 'match'),
        affiliateId: lastValue(query, 'affiliateId'),
      }
    },
  },
  { method: 'GET', path: '/api/affiliates/me', audience: 'signed-in', operation: mine, answer: answerWithReports },
  {
    method: 'GET',
    path: '/api/affiliates/creator/:login',
    audience: 'signed-in',
    operation: ofCreator,
    answer: answerWithReports,
  },
  {
    method: 'GET',
    path: '/api/affiliates',
    audience: 'editor',
    operation: list,
    answer: answerWithReports,
    input: listQuery,
    describe: { query: ['q', ...pageParameters] },
  },
  {
    method: 'GET',
    path: '/api/affiliates/csv',
    audience: 'administrator',
    operation: exportAll,
    changes: true,
    describe: { produces: ['application/csv'] },
  },
  {
    method: 'POST',
    path: '/api/affiliates/csv',
    audience: 'administrator',
    operation: importAll,
    answer: importTable,
    streamed: true,
    describe: { consumes: ['multipart/form-data'] },
  },
  { method: 'GET', path: '/api/affiliates/csvSpec', audience: 'administrator', operation: importSpec },
  { method: 'GET', path: one, audience: 'editor', operation: get, answer: answerWithReports },
  {
    method: 'PUT',
    path: one,
    audience: 'editor',
    operation: update,
    answer: setStanding,
    describe: { body: 'body' },
  },
  { method: 'DELETE', path: one, audience: 'editor', operation: remove, answer: deleteOne },
  { method: 'GET', path: `${one}/detail`, audience: 'signed-in', operation: getDetail },
  {
    method: 'PUT',
    path: `${one}/detail`,
    audience: 'signed-in',
    operation: updateDetail,
    input: request => ({ body: jsonObject(request) }),
    describe: { body: 'body' },
  },
]
