import { type Identity, mayWritePdc, type PdcAction } from '@slipway/contracts'
import { resources } from './resource.ts'

/** What a caller may do with which resource, as `/auth/current-user/` tells it. Everybody may read. */
export function permissionsOf(identity: Identity): { resource: string; permission: string }[] {
  return resources.flatMap(({ resource: { segment }, operations }) => {
    const known: readonly [PdcAction, unknown][] = [
      ['create', operations.create],
      ['update', operations.update],
      ['delete', operations.delete],
    ]
    const actions = known.filter(([action, operation]) => operation && mayWritePdc(identity, segment, action))
    return ['read', ...actions.map(([action]) => action)].map(permission => ({ resource: segment, permission }))
  })
}
