import { countryOperations } from '@slipway/contracts'
import type { Endpoint } from '../endpoint.ts'

export const countryEndpoints: readonly Endpoint[] = [
  { method: 'GET', path: '/api/countries', audience: 'anyone', operation: countryOperations.list },
  { method: 'GET', path: '/api/countries/:isoCode2', audience: 'anyone', operation: countryOperations.get },
]
