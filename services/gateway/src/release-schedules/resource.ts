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

/** The methods of a list and of an item, in the order of the original's `Allow`. */
export function methodsOf({ operations, empty }: Resource, path: 'list' | 'item'): string[] {
  const known = (method: string, operation: Operation | undefined) => (operation ? [method] : [])
  const methods =
    path === 'list'
      ? [
          ...(operations.list || empty ? ['GET'] : []),
          ...known('POST', operations.create),
          ...known('PUT', operations.replaceMany),
          ...known('PATCH', operations.updateMany),
          ...known('DELETE', operations.deleteMany),
        ]
      : [
          ...known('GET', operations.get),
          ...known('PUT', operations.replace),
          ...known('PATCH', operations.update),
          ...known('DELETE', operations.delete),
        ]
  return [...methods, 'HEAD', 'OPTIONS']
}
