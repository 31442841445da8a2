import { createHash } from 'node:crypto'
import type { PlatformOptions } from '@slipway/local'
import {
  eventually,
  type MailServer,
  mailServer,
  type ScriptedTaskService,
  scriptedTaskService,
} from '@slipway/testing'
import { beforeAll, expect } from 'vitest'
import { withStore } from '../../chaos/event-audit.ts'
import { type PatientClient, patientClient } from '../../chaos/platform-client.ts'
import { type World, world } from '../../release-packages/download-support/world.ts'

/** Long, for machines that do other things beside. */
export const patience = { timeoutMs: 90_000 }

/** A study with its source, its package, and the file that the foreign task service makes of it. */
export type Part = {
  readonly study: string
  readonly org: string
  /** Path of the source, with its slash. */
  readonly source: string
  readonly packageName: string
  readonly member: string
  readonly concepts: readonly string[]
  readonly tool: { readonly name: string; readonly content: Buffer; readonly sha256: string }
}

export type Release = {
  readonly kf_id: string
  readonly name: string
  readonly state: string
  readonly version: string
  readonly tasks: readonly { readonly kf_id: string; readonly state: string; readonly service_name: string }[]
}

export type Flow = {
  readonly slipway: World
  readonly mails: MailServer
  /** Takes part in every release; its work ends when it is told. */
  readonly tools: ScriptedTaskService
  /** The administrator, through outages. */
  readonly admin: PatientClient
  readonly parts: readonly [Part, Part]
  packageId(part: Part): number
  create(name: string): Promise<string>
  read(id: string): Promise<Release>
  until(id: string, ...states: readonly string[]): Promise<Release>
  /** The same, while the foreign task service ends whatever work it has on the release. */
  drive(id: string, ...states: readonly string[]): Promise<Release>
}

const partOf = (letter: string, member: string, count: number): Part => {
  const content = Buffer.from(`words of ${letter} `.repeat(20_000))
  return {
    study: `SD_W0RDS00${letter}`,
    org: `ORG-${letter}`,
    source: `/orgs/ORG-${letter}/sources/WORDS/`,
    packageName: `Words ${letter}`,
    member,
    concepts: Array.from({ length: count }, (_, index) => `${letter}${index}`),
    tool: { name: `${letter}.txt`, content, sha256: createHash('sha256').update(content).digest('hex') },
  }
}

/**
 * Everything that takes part in a release: two studies with a source, a package and a file each, ann as an affiliate in
 * good standing, a mail server. `more` is for the platform.
 */
export function flow(more: PlatformOptions = {}): Flow {
  const running = { parts: [partOf('A', 'SE', 300), partOf('B', 'IHTSDO', 200)] as const } as unknown as {
    -readonly [Key in keyof Flow]: Flow[Key]
  }
  const packages = new Map<Part, number>()
  running.slipway = world(async opened => {
    running.mails = opened.use(await mailServer())
    running.tools = opened.use(await scriptedTaskService({ finishes: false }))
    return {
      taskServices: ['exporter', 'catalog'],
      env: {
        gateway: { SLIPWAY_RATE_LIMIT: '1000000' },
        coordinator: {
          TASK_POLL_SECONDS: '0.5',
          TASK_POLL_TRIES: '1000',
          COMMAND_TRIES: '8',
          REQUEST_TIMEOUT: '5',
          RELEASE_CHECK_SECONDS: '2',
        },
        exporter: { EXPORT_LEASE_SECONDS: '2' },
        catalog: {
          MAIL_URL: running.mails.url,
          SLIPWAY_PUBLIC_URL: 'https://releases.example.org',
          SCHEDULED_RELEASES: 'true',
          SCHEDULED_RELEASES_SECONDS: '0.5',
        },
      },
      ...more,
    }
  })
  beforeAll(async () => {
    const { slipway, tools, parts } = running
    running.admin = patientClient(slipway.platform, AbortSignal.timeout(1_200_000))
    await addStudies(slipway, parts)
    for (const part of parts) {
      await importSource(running.admin, part)
      packages.set(part, await makePackage(slipway, part))
    }
    await approve(slipway)
    const files = parts.map(({ study, tool: { name, content, sha256 } }) => {
      const url = slipway.origin.put(`/${name}`, { content })
      return { study, name, label: name, url, size: content.length, sha256 }
    })
    tools.on('get_status', { says: { files } })
    await made(running.admin, '/task-services', { name: 'tools', description: 'x', author: 'test', url: tools.url })
  })

  running.packageId = part => packages.get(part) as number
  running.create = async name => {
    const studies = running.parts.map(({ study }) => study)
    return (await made<Release>(running.admin, '/releases', { name, studies })).kf_id
  }
  running.read = async id => (await running.admin.call('GET', `/releases/${id}`)).body as Release
  const reaches = (id: string, states: readonly string[], before: () => Promise<unknown>) =>
    eventually(async () => {
      await before()
      const release = await running.read(id)
      const tasks = release.tasks.map(({ service_name, state }) => `${service_name} ${state}`).join(', ')
      expect(states, `release ${release.name} with tasks ${tasks}`).toContain(release.state)
      return release
    }, patience) as Promise<Release>
  running.until = (id, ...states) => reaches(id, states, async () => {})
  running.drive = (id, ...states) =>
    reaches(id, states, async () => {
      const { tools } = running
      const task = tools.requests.find(({ releaseId }) => releaseId === id)?.taskId
      if (task !== undefined) await tools.finish(task)
    })
  return running
}

async function made<Body = unknown>(admin: PatientClient, path: string, body: object, status = 201): Promise<Body> {
  const answer = await admin.call('POST', path, body)
  expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).toBe(status)
  return answer.body as Body
}

async function addStudies({ platform }: World, parts: readonly Part[]): Promise<void> {
  const text = 'insert into study (kf_id, name, visible) select id, id, true from unnest($1::text[]) id'
  const ids = parts.map(({ study }) => study)
  await withStore(platform, 'coordinator', store => store.write({ name: 'flow-studies', text }, [ids]))
}

/** What is imported of a concept, and what its export must say. */
export const nameOf = (concept: string): string => `The word ${concept}`

async function importSource(admin: PatientClient, { org, source, study, concepts }: Part): Promise<void> {
  await made(admin, '/orgs/', { id: org, name: org })
  await made(admin, `/orgs/${org}/sources/`, { id: 'WORDS', name: 'Words', extras: { study_id: study } })
  const lines = concepts.map(id => {
    const names = [{ name: nameOf(id), locale: 'en' }]
    const at = { type: 'Concept', owner: org, owner_type: 'Organization', source: 'WORDS' }
    return { ...at, id, concept_class: 'Term', datatype: 'N/A', names }
  })
  await made(admin, '/importers/bulk-import/', { data: lines }, 202)
  await eventually(async () => {
    expect((await admin.call('GET', source)).body).toMatchObject({ active_concepts: concepts.length })
  }, patience)
}

async function makePackage({ call }: World, { packageName: name, member, study }: Part): Promise<number> {
  const { body } = await call('admin', 'POST', '/api/releasePackages', { name, member: { key: member } })
  const path = `/api/releasePackages/${body.releasePackageId}/study`
  expect(await call('admin', 'PUT', path, { study })).toMatchObject({ status: 200 })
  return body.releasePackageId
}

/** Makes ann an affiliate of Sweden in good standing, as people would. */
async function approve({ call }: World): Promise<void> {
  const { applicationId, affiliate } = (await call('ann', 'GET', '/api/applications/me')).body
  const address = { street: 'Street 1', city: 'Uppsala', post: '1', country: { isoCode2: 'SE' } }
  const affiliateDetails = { firstName: 'Ann', lastName: 'Ann', email: 'ann@example.org', address }
  const path = `/api/applications/${applicationId}`
  const registration = { type: 'COMMERCIAL', affiliateDetails }
  expect(await call('ann', 'POST', `${path}/registration`, registration)).toMatchObject({ status: 200 })
  expect(await call('sten', 'POST', `${path}/approve`, 'APPROVED')).toMatchObject({ status: 200 })
  const { body } = await call('sten', 'GET', `/api/affiliates/${affiliate.affiliateId}`)
  const standing = { ...body, standingState: 'IN_GOOD_STANDING' }
  expect(await call('sten', 'PUT', `/api/affiliates/${affiliate.affiliateId}`, standing)).toMatchObject({ status: 200 })
}
