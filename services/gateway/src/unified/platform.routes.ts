import { restoreOperations } from '@slipway/contracts'
import type { UnifiedRoute } from './route.ts'

/** A restore may leave much to be compared and settled. */
const timeoutMs = 120_000

export const platformRoutes: readonly UnifiedRoute[] = [
  { method: 'GET', path: '/platform/restore-check', operation: restoreOperations.check, timeoutMs },
  { method: 'POST', path: '/platform/restore-check', operation: restoreOperations.settle, status: 200, timeoutMs },
]
