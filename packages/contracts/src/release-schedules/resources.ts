import { baseProductResource } from './base-product.ts'
import { changesetResource } from './changeset.ts'
import { productResource } from './product.ts'
import { productReleaseResource } from './product-release.ts'
import { productVersionResource } from './product-version.ts'
import { releaseTypeResource, releaseVariantResource } from './release-type.ts'
import type { PdcResource } from './resource.ts'
import { scheduleResource } from './schedule.ts'
import { slaResource } from './sla.ts'

/** Every resource of the PDC API, by the order of their segments. */
export const pdcResources: readonly PdcResource[] = [
  baseProductResource,
  changesetResource,
  slaResource,
  productVersionResource,
  productResource,
  scheduleResource,
  releaseTypeResource,
  releaseVariantResource,
  productReleaseResource,
]
