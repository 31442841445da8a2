import { z } from 'zod'
import { everybody, versionViewers } from '../audience.ts'
import { eventType } from '../event.ts'
import { operation } from '../operation.ts'
import { entityId, ifMatch, instant, longText, shortText, writeErrors } from './package-values.ts'
import { releaseVersionSchema } from './version.ts'

export const releasePackageSchema = z
  .object({
    releasePackageId: entityId,
    createdAt: instant,
    updatedAt: instant.nullable(),
    member: z.object({ key: z.string() }),
    name: z.string().nullable().meta({ description: 'Text or HTML, as it was sent' }),
    description: z.string().nullable().meta({ description: 'Text or HTML, as it was sent' }),
    copyrights: z.string().nullable(),
    releasePackageURI: z.string().nullable().meta({ description: 'Packages with one are eligible for the feed' }),
    priority: z.int().nullable().meta({ description: '1 is the lowest among the packages of a member' }),
    releaseVersions: z.array(releaseVersionSchema).meta({ description: 'Those that the caller may see' }),
  })
  .meta({ id: 'ReleasePackage', description: 'What a member offers, in versions' })

/** Unknown and read-only fields are ignored: clients send whole packages back. */
const fields = z.object({
  member: z.unknown().meta({ description: '`{"key":…}`; only administrators choose it' }).optional(),
  name: shortText,
  description: longText,
  copyrights: longText,
  releasePackageURI: shortText,
})
const changes = fields.extend({ priority: z.int().min(-2_147_483_648).max(2_147_483_647).nullish() })
export type ReleasePackageChanges = z.output<typeof changes>

const target = { releasePackageId: entityId }

export const releasePackageOperations = {
  list: operation('catalog.release-package.list', {
    summary: 'Lists the packages that the caller may see, with their versions and files',
    effect: 'read',
    audience: versionViewers('releaseType'),
    flow: 'streamed-answer',
    input: z.object({ ifNoneMatch: z.string().optional() }),
    output: z.array(releasePackageSchema),
  }),
  get: operation('catalog.release-package.get', {
    summary: 'Reads a package with the versions that the caller may see',
    effect: 'read',
    audience: versionViewers('releaseType'),
    flow: 'streamed-answer',
    input: z.object({ ...target, ifNoneMatch: z.string().optional() }),
    output: releasePackageSchema,
    errors: ['not_found'],
  }),
  create: operation('catalog.release-package.create', {
    summary: 'Adds a package, as the last of its member',
    effect: 'write',
    flow: 'streamed-answer',
    input: z.object({ body: fields }),
    output: releasePackageSchema,
    errors: writeErrors,
  }),
  update: operation('catalog.release-package.update', {
    summary: 'Changes what is sent of a package; `priority` moves it among the packages of its member',
    effect: 'write',
    flow: 'streamed-answer',
    input: z.object({ ...target, body: changes, ifMatch }),
    output: releasePackageSchema,
    errors: [...writeErrors, 'precondition_failed'],
  }),
  delete: operation('catalog.release-package.delete', {
    summary: 'Takes a package away, unless one of its versions is online',
    effect: 'write',
    input: z.object({ ...target, ifMatch }),
    output: z.void(),
    errors: [...writeErrors, 'conflict', 'precondition_failed'],
  }),
}

// Names are told by the API alone, which knows who may see what is not published.
const data = z.object({ release_package_id: z.int(), member: z.string() })

export const releasePackageEvents = {
  created: eventType('release-package.created', {
    summary: 'A member offers a new package',
    audience: everybody,
    data,
  }),
  updated: eventType('release-package.updated', {
    summary: 'Fields, priority or licence of a package were changed',
    audience: everybody,
    data: data.extend({ priority: z.int().nullable(), licensed: z.boolean() }),
  }),
  deleted: eventType('release-package.deleted', {
    summary: 'A package is no longer offered',
    audience: everybody,
    data,
  }),
}
