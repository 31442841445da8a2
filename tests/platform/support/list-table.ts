import type { gatewayReads } from '@slipway/contracts'
import { owner, type Seeds, study } from './list-seeds.ts'

/** How credentials are sent to an API. */
export type Scheme = 'bearer' | 'token' | 'basic' | 'task-token'

/** A list with something in it: where, and what tells in the answer that it is shown. Without that, the status does. */
export type ListOfSeed = {
  readonly path: string
  readonly scheme: Scheme
  readonly method?: 'POST'
  readonly body?: object
  readonly marker?: string
  /** Fields of the row that its audience names. */
  readonly row?: Readonly<Record<string, unknown>>
}

const public_ = (path: string, scheme: Scheme = 'bearer'): ListOfSeed => ({ path, scheme })

const schedules = Object.entries({
  'base-product': 'base-products',
  changeset: 'changesets',
  product: 'products',
  'product-release': 'releases',
  'product-version': 'product-versions',
  'release-type': 'release-types',
  schedule: 'release-schedules',
  sla: 'component-sla-types',
}).flatMap(([noun, name]) => [
  [`catalog.${noun}.list`, public_(`/rest_api/v1/${name}/`, 'token')] as const,
  [`catalog.${noun}.all`, public_(`/rest_api/v1/${name}/?page_size=-1`, 'token')] as const,
])

/** Every list that operations answer, by the name of the operation. */
export function operationLists(seeds: Seeds): Readonly<Record<string, ListOfSeed>> {
  const source = '/orgs/HIDDEN/sources/SECRET'
  const inSource = (path: string, marker: string): ListOfSeed => ({
    path,
    scheme: 'token',
    marker,
    row: { url: `${source}/`, source_url: `${source}/`, public_access: 'None' },
  })
  const inOrg = (path: string, marker: string): ListOfSeed => ({
    ...inSource(path, marker),
    row: { url: '/orgs/HIDDEN/', public_access: 'None' },
  })
  const mlds = (path: string, marker?: string, row: ListOfSeed['row'] = {}): ListOfSeed => ({
    path,
    scheme: 'basic',
    row,
    ...(marker !== undefined && { marker }),
  })
  const days = { startDate: '2020-01-01', endDate: '2020-01-02' }
  const affiliate = `"affiliateId":${seeds.affiliate}`
  const its = { creator: owner.login, username: owner.login }
  const tasks = (path: string, marker?: string, row: ListOfSeed['row'] = {}): ListOfSeed => ({
    ...mlds(path, marker, row),
    scheme: 'task-token',
  })
  const ofStudy = { accession: study, owner: null }
  return {
    ...Object.fromEntries(schedules),
    'catalog.schedule.calendar': public_('/rest_api/v1/release-schedules.ics', 'token'),
    'catalog.affiliate.export': mlds('/api/affiliates/csv'),
    'catalog.affiliate.import-spec': mlds('/api/affiliates/csvSpec', 'importKey'),
    'catalog.affiliate.list': mlds('/api/affiliates', affiliate),
    'catalog.affiliate.mine': mlds('/api/affiliates/me', affiliate, its),
    'catalog.affiliate.of-creator': mlds(`/api/affiliates/creator/${owner.login}`, affiliate, its),
    'catalog.application.list': mlds('/api/applications', affiliate),
    'catalog.application.mine': mlds('/api/applications/me', affiliate, its),
    'catalog.commercial-usage.list': mlds('/api/commercialUsages/', affiliate),
    'catalog.commercial-usage.review': mlds('/api/reviewUsageReports'),
    'catalog.commercial-usage.list-of': mlds(`/api/affiliates/${seeds.affiliate}/commercialUsages`, '[', its),
    'catalog.audit.list': mlds('/api/audits', 'unreleased version'),
    'catalog.audit.downloads': { ...mlds('/api/audits/getAllAuditEventsCSV'), method: 'POST', body: days },
    'catalog.statistics.downloads': { ...mlds('/api/audits/getAllAuditEvents'), method: 'POST', body: days },
    'catalog.country.list': public_('/api/countries', 'basic'),
    'catalog.member.list': public_('/api/members', 'basic'),
    'catalog.release-package.list': mlds('/api/releasePackages', 'unreleased version', { releaseType: 'offline' }),
    'catalog.user.list': mlds('/api/users', `"${owner.login}"`),
    'coordinator.event.list': public_('/events'),
    'coordinator.release-note.list': public_('/release-notes'),
    'coordinator.release.list': { ...public_('/releases'), marker: seeds.release },
    'coordinator.study.list': { ...public_('/studies'), marker: study },
    'coordinator.study.releases': { ...public_(`/studies/${study}/releases`), marker: seeds.release },
    'coordinator.study.search': { ...public_('/v1/studies'), marker: study },
    'coordinator.task.list': { ...public_('/tasks'), marker: seeds.release },
    'coordinator.platform-task.list': tasks('/api/v1/tasks?pageLimit=1000', seeds.import, { createdBy: owner.login }),
    'coordinator.platform-task.preview': tasks('/api/v1/tasks/publish-versions/preview'),
    'coordinator.study-object.list': tasks('/api/v1/as-user/studies', study, ofStudy),
    'coordinator.study-object.versions': tasks(`/api/v1/as-user/studies/${study}/versions`, 'Imported', ofStudy),
    'exporter.bulk-import.list': {
      path: `/importers/bulk-import/?username=${owner.login}`,
      scheme: 'token',
      marker: seeds.import,
      row: { username: owner.login },
    },
    'exporter.concept.list': inSource(`${source}/concepts/`, 'C1'),
    'exporter.concept.versions': inSource(`${source}/concepts/C1/versions/`, 'C1'),
    'exporter.mapping.list': inSource(`${source}/mappings/`, 'M1'),
    'exporter.mapping.of-concept': inSource(`${source}/concepts/C1/mappings/`, 'M1'),
    'exporter.mapping.versions': inSource(`${source}/mappings/M1/versions/`, 'M1'),
    'exporter.org-member.list': inOrg('/orgs/HIDDEN/members/', owner.login),
    'exporter.org.list': inOrg('/orgs/', 'HIDDEN'),
    'exporter.source-version.list': inSource(`${source}/versions/`, 'v1'),
    'exporter.source.list': inSource('/sources/', 'SECRET'),
    'registry.task-service.history': { ...public_(`/task-services/${seeds.service}/health-checks`) },
    'registry.task-service.list': { ...public_('/task-services'), marker: seeds.service },
  }
}

/** Every list that the gateway keeps itself, by its name in the contracts. */
export function gatewayLists(seeds: Seeds): Readonly<Record<keyof typeof gatewayReads, ListOfSeed | null>> {
  const row = { owner: owner.login, login: owner.login }
  return {
    webhooks: { path: '/webhooks', scheme: 'bearer', marker: seeds.webhook, row },
    deliveries: { path: `/webhooks/${seeds.webhook}/deliveries`, scheme: 'bearer', row },
    eventTypes: public_('/webhooks/event-types'),
    accounts: { path: '/api/v1/accounts', scheme: 'bearer', marker: `"${owner.login}"` },
    tokens: { path: '/api/v1/users/me/tokens', scheme: 'bearer', marker: seeds.apiToken, row },
    sessions: { path: '/api/account/sessions', scheme: 'basic', marker: '"series"', row },
    users: { path: '/users/', scheme: 'token', marker: owner.login },
    // One thing, and a stream that has a test of its own.
    ownUser: null,
    events: null,
  }
}
