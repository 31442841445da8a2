/** Where an ordering key leads: over relations to a column. */
export type OrderKey = { readonly path: readonly string[]; readonly descending: boolean }

type Model = {
  readonly columns: readonly string[]
  readonly relations: Readonly<Record<string, ModelName>>
  /** Column that stands for the object where a key ends at a relation. */
  readonly natural: string
}

export const orderingModels = {
  schedule: { columns: ['id', 'date'], relations: { release: 'release', sla: 'sla' }, natural: 'id' },
  sla: { columns: ['id', 'name', 'description'], relations: {}, natural: 'id' },
  release: {
    columns: ['id', 'release_id', 'short', 'version', 'name', 'active', 'allow_buildroot_push'],
    relations: {
      release_type: 'releaseType',
      base_product: 'baseProduct',
      product_version: 'productVersion',
      integrated_with: 'release',
    },
    natural: 'release_id',
  },
  product: { columns: ['id', 'name', 'short'], relations: {}, natural: 'short' },
  productVersion: {
    columns: ['id', 'product_version_id', 'name', 'short', 'version'],
    relations: { product: 'product' },
    natural: 'product_version_id',
  },
  baseProduct: {
    columns: ['id', 'base_product_id', 'name', 'short', 'version'],
    relations: { release_type: 'releaseType' },
    natural: 'base_product_id',
  },
  releaseType: { columns: ['short', 'name', 'suffix'], relations: {}, natural: 'short' },
  changeset: { columns: ['id', 'author', 'comment', 'requested_on', 'committed_on'], relations: {}, natural: 'id' },
} as const satisfies Record<string, { columns: readonly string[]; relations: object; natural: string }>

export type ModelName = keyof typeof orderingModels

/** More relations than any question needs; longer keys are refused like unknown ones. */
const longestPath = 6

/**
 * The path of an ordering key: `release__product_version__product_version_id`. A key that ends at a relation is
 * completed with the column that stands for it. Undefined when it leads nowhere.
 */
export function orderingPath(start: ModelName, key: string): string[] | undefined {
  const parts = key.split('__')
  if (parts.length > longestPath) return undefined
  let model: Model = orderingModels[start]
  const path: string[] = []
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1
    if (isLast && model.columns.includes(part)) return [...path, part]
    if (!Object.hasOwn(model.relations, part)) return undefined
    path.push(part)
    model = orderingModels[model.relations[part] as ModelName]
  }
  return [...path, model.natural]
}
