import {
  baseProductOperations,
  baseProductResource,
  changesetOperations,
  changesetResource,
  type Operation,
  type PdcResource,
  productOperations,
  productReleaseOperations,
  productReleaseResource,
  productResource,
  productVersionOperations,
  productVersionResource,
  releaseTypeOperations,
  releaseTypeResource,
  releaseVariantResource,
  scheduleOperations,
  scheduleResource,
  slaOperations,
  slaResource,
} from '@slipway/contracts'

type Name =
  | ('list' | 'all' | 'get' | 'create' | 'createMany' | 'replace' | 'update' | 'replaceMany' | 'updateMany')
  | ('delete' | 'deleteMany')

/** A resource with the operations behind its two paths. Operations it lacks are methods that it does not know. */
export type Resource = {
  readonly resource: PdcResource
  /** Title of its description. */
  readonly name: string
  readonly operations: Readonly<Partial<Record<Name, Operation>>>
  /** There is nothing to read: the list is always empty, and answered here. */
  readonly empty?: boolean
}

export const resources: readonly Resource[] = [
  { resource: scheduleResource, name: 'Release Schedule', operations: scheduleOperations },
  { resource: slaResource, name: 'Sla', operations: slaOperations },
  { resource: productReleaseResource, name: 'Release', operations: productReleaseOperations },
  { resource: productResource, name: 'Product', operations: productOperations },
  { resource: productVersionResource, name: 'Product Version', operations: productVersionOperations },
  { resource: baseProductResource, name: 'Base Product', operations: baseProductOperations },
  { resource: releaseTypeResource, name: 'Release Type', operations: releaseTypeOperations },
  { resource: releaseVariantResource, name: 'Release Variant', operations: {}, empty: true },
  { resource: changesetResource, name: 'Changeset', operations: changesetOperations },
]

/** The methods that a list or an item knows, in the order of the original's `Allow`, with their operations. */
export function knownOperations(
  { operations, empty }: Resource,
  path: 'list' | 'item',
): readonly (readonly [method: string, operation: Operation | undefined])[] {
  const { list, create, replaceMany, updateMany, deleteMany, get, replace, update, delete: remove } = operations
  const known =
    path === 'list'
      ? ({ GET: list, POST: create, PUT: replaceMany, PATCH: updateMany, DELETE: deleteMany } as const)
      : ({ GET: get, PUT: replace, PATCH: update, DELETE: remove } as const)
  return Object.entries(known).filter(([method, operation]) => operation || (empty && method === 'GET'))
}

export const methodsOf = (resource: Resource, path: 'list' | 'item'): string[] =>
  knownOperations(resource, path).map(([method]) => method)
