import { z } from 'zod'
import { some, versionViewers } from '../audience.ts'
import { eventType } from '../event.ts'
import { isoDay } from '../iso-times.ts'
import { operation } from '../operation.ts'
import { among } from '../read-audience.ts'
import { releaseFileSchema } from './file.ts'
import {
  entityId,
  ifMatch,
  instant,
  longText,
  type PublicationState,
  publicationStates,
  shortText,
  writeErrors,
} from './package-values.ts'

export type { PublicationState }
export { publicationStates }

export const releaseVersionSchema = z
  .object({
    releaseVersionId: entityId,
    id: z.string().nullable().meta({ description: 'Of the entry in the feed: another one after each change' }),
    createdAt: instant,
    updatedAt: instant.nullable(),
    lastUpdated: instant.nullable(),
    name: z.string().nullable(),
    description: z.string().nullable(),
    summary: z.string().nullable(),
    online: z.boolean(),
    releaseType: z
      .string()
      .nullable()
      .meta({ examples: [...publicationStates] }),
    publishedAt: z.string().nullable().meta({ format: 'date' }),
    versionURI: z.string().nullable(),
    versionDependentURI: z.string().nullable(),
    versionDependentDerivativeURI: z.string().nullable(),
    packageType: z
      .string()
      .nullable()
      .meta({ examples: ['SCT_RF2_ALL', 'SCT_RF2_SNAPSHOT', 'SCT_RF2_FULL', 'OTHER'] }),
    archive: z.boolean(),
    releaseFiles: z.array(releaseFileSchema),
  })
  .meta({ id: 'ReleaseVersion', description: 'A version of a package' })

/** Unknown and read-only fields are ignored: clients send whole versions back. */
const fields = z.object({
  name: shortText,
  description: longText,
  summary: longText,
  online: z.boolean().nullish(),
  releaseType: shortText,
  publishedAt: isoDay('must be a date, YYYY-MM-DD').nullish(),
  versionURI: shortText,
  versionDependentURI: shortText,
  versionDependentDerivativeURI: shortText,
  packageType: shortText,
})
export type ReleaseVersionFields = z.output<typeof fields>

const target = { releasePackageId: entityId, releaseVersionId: entityId }

export const releaseVersionOperations = {
  get: operation('catalog.release-version.get', {
    summary: 'Reads a version that the caller may see, with its files',
    effect: 'read',
    audience: among('affiliate', versionViewers('releaseType')),
    flow: 'streamed-answer',
    input: z.object(target),
    output: releaseVersionSchema,
    errors: ['unauthenticated', 'forbidden', 'not_found'],
  }),
  create: operation('catalog.release-version.create', {
    summary: 'Adds a version to a package',
    effect: 'write',
    flow: 'streamed-answer',
    input: z.object({ releasePackageId: entityId, body: fields }),
    output: releaseVersionSchema,
    errors: writeErrors,
  }),
  update: operation('catalog.release-version.update', {
    summary: 'Changes what is sent of a version; `releaseType` or `online` publish it or take it back',
    effect: 'write',
    flow: 'streamed-answer',
    input: z.object({ ...target, body: fields, ifMatch }),
    output: releaseVersionSchema,
    errors: [...writeErrors, 'precondition_failed'],
  }),
  delete: operation('catalog.release-version.delete', {
    summary: 'Removes a version with its files, unless it is online',
    effect: 'write',
    input: z.object({ ...target, ifMatch }),
    output: z.void(),
    errors: [...writeErrors, 'conflict', 'precondition_failed'],
  }),
  checkDependency: operation('catalog.release-version.check-dependency', {
    summary: 'Whether any version depends on this one; false for a version that is not there',
    effect: 'read',
    audience: some(['editor']),
    input: z.object({ releaseVersionId: entityId }),
    output: z.boolean(),
    errors: ['unauthenticated', 'forbidden'],
  }),
  archive: operation('catalog.release-version.archive', {
    summary: 'Marks a version as archived, or no longer',
    effect: 'write',
    flow: 'streamed-answer',
    input: z.object({ releaseVersionId: entityId, archive: z.boolean() }),
    output: releaseVersionSchema,
    errors: writeErrors,
  }),
}

// Names and dates are told by the API alone, which knows who may see what is not published.
const data = z.object({
  release_version_id: z.int(),
  release_package_id: z.int(),
  member: z.string(),
  state: z.enum(publicationStates),
  archive: z.boolean(),
})

const audience = versionViewers('state')

export const releaseVersionEvents = {
  created: eventType('release-version.created', { summary: 'A package has a new version', audience, data }),
  updated: eventType('release-version.updated', {
    summary: 'A version was changed; `was` is the state of publication before',
    audience,
    data: data.extend({ was: z.enum(publicationStates) }),
  }),
  deleted: eventType('release-version.deleted', { summary: 'A version was removed', audience, data }),
}
