import { applicationOperations, approvalStates, failure } from '@slipway/contracts'
import { bareText, jsonObject } from '../body.ts'
import type { Endpoint } from '../endpoint.ts'
import { listQuery, pageParameters } from './list-query.ts'
import { answerWithReports as answer } from './usage-report.ts'

const { list, create, mine, get, update, delete: remove, saveRegistration, submitRegistration } = applicationOperations
const { approve, setNotes } = applicationOperations
const all = '/api/applications'
const one = `${all}/:applicationId`
const input: NonNullable<Endpoint['input']> = request => ({ body: jsonObject(request) })
const describe = { body: 'body' } as const

export const applicationEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: all,
    audience: 'editor',
    operation: list,
    answer,
    input: listQuery,
    describe: { query: pageParameters },
  },
  {
    method: 'POST',
    path: all,
    audience: 'signed-in',
    operation: create,
    answer,
    input,
    describe: { ...describe, success: 201 },
  },
  { method: 'GET', path: `${all}/me`, audience: 'signed-in', operation: mine, answer },
  { method: 'GET', path: one, audience: 'signed-in', operation: get, answer },
  { method: 'POST', path: one, audience: 'signed-in', operation: update, answer, input, describe },
  { method: 'DELETE', path: one, audience: 'signed-in', operation: remove },
  {
    method: 'PUT',
    path: `${one}/registration`,
    audience: 'signed-in',
    operation: saveRegistration,
    answer,
    input,
    describe,
  },
  {
    method: 'POST',
    path: `${one}/registration`,
    audience: 'signed-in',
    operation: submitRegistration,
    answer,
    input,
    describe,
  },
  {
    method: 'POST',
    path: `${one}/approve`,
    audience: 'editor',
    operation: approve,
    answer,
    input(request) {
      const text = bareText(request)
      const state = approvalStates.find(known => known === text)
      if (!state) throw failure('refused', `Unknown approval state: '${text}'`)
      return { state }
    },
    describe: { body: 'state' },
  },
  {
    method: 'PUT',
    path: `${one}/notesInternal`,
    audience: 'editor',
    operation: setNotes,
    answer,
    input: request => ({ notes: bareText(request) }),
    describe: { body: 'notes' },
  },
]
