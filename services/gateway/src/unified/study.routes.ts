import { unifiedStudyOperations } from '@slipway/contracts'
import type { UnifiedRoute } from './route.ts'

const { search, read, create, change } = unifiedStudyOperations

export const studyRoutes: readonly UnifiedRoute[] = [
  { method: 'GET', path: '/studies', operation: search },
  { method: 'POST', path: '/studies', operation: create },
  { method: 'GET', path: '/studies/:id', operation: read },
  { method: 'PATCH', path: '/studies/:id', operation: change },
]
