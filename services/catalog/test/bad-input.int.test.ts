import { text } from 'node:stream/consumers'
import {
  baseProductResource,
  changesetResource,
  failure,
  type Operation,
  productOperations,
  productReleaseOperations,
  productReleaseResource,
  productResource,
  productVersionOperations,
  productVersionResource,
  releaseFileOperations,
  releaseOperations,
  releasePackageOperations,
  releaseTypeResource,
  releaseVersionOperations,
  scheduleOperations,
  scheduleResource,
  slaOperations,
  slaResource,
} from '@slipway/contracts'
import { handlerOf } from '@slipway/service'
import { feedBadInputs, unfitColumns } from '@slipway/testing'
import { expect, test } from 'vitest'
import { as, type RunningCatalog, startCatalog } from './start-catalog.ts'

const call = as('admin')

const resources: Readonly<Record<string, { readonly filters: readonly string[] }>> = {
  ...{ 'base-product': baseProductResource, changeset: changesetResource, 'product-release': productReleaseResource },
  ...{ product: productResource, 'product-version': productVersionResource, 'release-type': releaseTypeResource },
  ...{ schedule: scheduleResource, sla: slaResource },
}

/** Every parameter that a list knows, each with a value that is right. */
function queryOf(noun: string): Record<string, string[]> {
  const filters = (resources[noun]?.filters ?? []).map(name => [
    name,
    [/date|since|until/.test(name) ? '2020-01-01' : '1'],
  ])
  return { page: ['1'], page_size: ['1'], ordering: ['id'], ...Object.fromEntries(filters) }
}

/** What there is of release schedules, as keys of URLs and in bodies. */
async function schedules({ bus }: RunningCatalog) {
  await bus.call(productOperations.create, { body: { name: 'P', short: 'p' } }, call)
  const version = { name: 'P', short: 'p', version: '1', product: 'p' }
  const { product_version_id } = await bus.call(productVersionOperations.create, { body: version }, call)
  const release = { short: 'p', version: '1', name: 'R', release_type: 'ga' }
  const { release_id } = await bus.call(productReleaseOperations.create, { body: release }, call)
  const { name } = await bus.call(slaOperations.create, { body: { name: 'eol' } }, call)
  const body = { release: release_id, sla: name, date: '2040-01-01' }
  const { id } = await bus.call(scheduleOperations.create, { body }, call)
  const keys: Readonly<Record<string, string>> = {
    ...{ product: 'p', 'product-version': product_version_id, 'product-release': release_id },
    ...{ schedule: String(id), sla: name },
  }
  const bodies: Readonly<Record<string, object>> = {
    product: { name: 'P', short: 'q' },
    'product-version': { ...version, version: '2' },
    'product-release': { ...release, version: '2', product_version: product_version_id, integrated_with: release_id },
    schedule: body,
    'base-product': release,
  }
  return { keys, bodies }
}

/** A package with a version and a file. */
async function content({ bus }: RunningCatalog) {
  const member = { key: 'SE' }
  const made = await bus.openStream(releasePackageOperations.create, { body: { name: 'P', member } }, call)
  const { releasePackageId } = JSON.parse(await text(made.body)) as { releasePackageId: number }
  const within = { releasePackageId, body: { name: 'V' } }
  const version = await bus.openStream(releaseVersionOperations.create, within, call)
  const { releaseVersionId } = JSON.parse(await text(version.body)) as { releaseVersionId: number }
  const place = { releasePackageId, releaseVersionId }
  const file = { label: 'F', downloadUrl: 'https://files.example.org/f' }
  const { releaseFileId } = await bus.call(releaseFileOperations.create, { ...place, body: file }, call)
  return { ...place, releaseFileId }
}

test('no value that is none breaks an operation, or is kept', async () => {
  await using catalog = await startCatalog()
  // A coordinator that has no releases.
  const none = handlerOf(releaseOperations.get, () => Promise.reject(failure('not_found', 'Not found.')))
  await catalog.bus.serve([none], { queue: 'coordinator' })
  const { keys, bodies } = await schedules(catalog)
  const ids = await content(catalog)

  const known = ({ noun, verb }: Operation): Record<string, unknown> => {
    if (verb.startsWith('delete')) return {}
    const body = bodies[noun]
    const ofMany = verb === 'create-many' ? [body] : { [keys[noun] ?? 'x']: body }
    const isList = verb === 'list' || verb === 'all' || verb === 'calendar'
    switch (noun) {
      case 'release-package':
      case 'release-version':
      case 'release-file':
      case 'release-package-licence':
      case 'package-study':
      case 'download':
      case 'notification':
        return {
          ...ids,
          ifMatch: undefined,
          ...(noun === 'release-package' && verb === 'create' && { body: { member: { key: 'SE' } } }),
        }
      case 'member':
        return { key: 'SE' }
      case 'release-template':
        return { schedule: keys.schedule, body: { studies: ['SD_AAAAAAAA'] } }
      case 'affiliate':
      case 'application':
      case 'audit':
      case 'user':
        return verb === 'list' ? { query: mldsQuery } : {}
      case 'country':
      case 'account':
      case 'statistics':
      case 'restore':
      case 'release-feed':
        return {}
      default:
        return {
          key: keys[noun],
          unmodifiedSince: undefined,
          modifiedSince: undefined,
          ...(isList && { query: queryOf(noun) }),
          ...(body && { body: verb.endsWith('many') ? ofMany : body }),
        }
    }
  }
  expect(await feedBadInputs({ bus: catalog.bus, service: 'catalog', call, known })).toEqual([])
  expect(await unfitColumns(catalog.store)).toEqual([])
})

const mldsQuery = Object.fromEntries(['q', '$page', '$pageSize', '$filter', '$orderby'].map(name => [name, ['1']]))
