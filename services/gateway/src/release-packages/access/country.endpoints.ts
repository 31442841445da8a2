import { countryOperations } from '@slipway/contracts'
import type { Endpoint } from '../endpoint.ts'
import { body } from '../request-input.ts'

const { list, get, save, delete: remove } = countryOperations
const all = '/api/countries'
const one = `${all}/:isoCode2`

export const countryEndpoints: readonly Endpoint[] = [
  { method: 'GET', path: all, audience: 'anyone', operation: list },
  {
    method: 'POST',
    path: all,
    audience: 'administrator',
    operation: save,
    input: body,
    describe: { body: 'body' },
  },
  { method: 'GET', path: one, audience: 'anyone', operation: get },
  { method: 'DELETE', path: one, audience: 'administrator', operation: remove },
]
