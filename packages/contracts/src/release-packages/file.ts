import { z } from 'zod'
import { versionViewers } from '../audience.ts'
import { eventType } from '../event.ts'
import { operation } from '../operation.ts'
import { among } from '../read-audience.ts'
import { entityId, ifMatch, instant, longText, publicationStates, shortText, writeErrors } from './package-values.ts'

export const releaseFileSchema = z
  .object({
    releaseFileId: entityId,
    label: z.string().nullable().meta({ description: 'Text or HTML, as it was sent' }),
    createdAt: instant,
    clientDownloadUrl: z.string().meta({ description: 'Path under which affiliates download it' }),
    md5Hash: z.string().nullable(),
    fileSize: z.string().nullable().meta({ description: 'Digits' }),
    primaryFile: z.boolean(),
    downloadUrl: z.string().nullish().meta({ description: 'Where the bytes lie: for staff only, else absent' }),
  })
  .meta({ id: 'ReleaseFile', description: 'A file of a version' })

const fields = z.object({
  label: shortText,
  downloadUrl: longText.refine(isOrigin, 'must be an absolute URL of http, https or s3'),
  md5Hash: shortText,
  fileSize: shortText,
  primaryFile: z.boolean().nullish(),
})
export type ReleaseFileFields = z.output<typeof fields>

function isOrigin(value: string | null | undefined): boolean {
  if (value === null || value === undefined) return true
  // Clients send back what they read, so also the address of a file that the platform keeps; not in another place.
  return /^(?:https?|s3|slipway):\/\/[^/]/i.test(value) && URL.canParse(value)
}

const inVersion = { releasePackageId: entityId, releaseVersionId: entityId }
const target = { ...inVersion, releaseFileId: entityId }

export const releaseFileOperations = {
  get: operation('catalog.release-file.get', {
    summary: 'Reads a file of a version that the caller may see',
    effect: 'read',
    audience: among('affiliate', versionViewers('releaseType')),
    input: z.object(target),
    output: releaseFileSchema,
    errors: ['unauthenticated', 'forbidden', 'not_found'],
  }),
  check: operation('catalog.release-file.check', {
    summary: 'Whether a file lies at SNOMED International',
    effect: 'read',
    audience: among('affiliate', versionViewers('releaseType')),
    input: z.object(target),
    output: z.boolean(),
    errors: ['unauthenticated', 'forbidden', 'not_found'],
  }),
  create: operation('catalog.release-file.create', {
    summary: 'Adds a file to a version',
    effect: 'write',
    input: z.object({ ...inVersion, body: fields }),
    output: releaseFileSchema,
    errors: writeErrors,
  }),
  update: operation('catalog.release-file.update', {
    summary: 'Changes what is sent of the file whose id the body holds',
    effect: 'write',
    input: z.object({ ...inVersion, body: fields.extend({ releaseFileId: entityId }), ifMatch }),
    output: releaseFileSchema,
    errors: [...writeErrors, 'precondition_failed'],
  }),
  delete: operation('catalog.release-file.delete', {
    summary: 'Removes a file',
    effect: 'write',
    input: z.object({ ...target, ifMatch }),
    output: z.void(),
    errors: [...writeErrors, 'precondition_failed'],
  }),
}

// Neither labels nor where the bytes lie: whoever may subscribe need not be staff.
const data = z.object({
  release_file_id: z.int(),
  release_version_id: z.int(),
  release_package_id: z.int(),
  member: z.string(),
  state: z
    .enum(publicationStates)
    .optional()
    .meta({ description: 'Of its version; absent in events of older versions' }),
})

const audience = versionViewers('state')

export const releaseFileEvents = {
  created: eventType('release-file.created', { summary: 'A file was added to a version', audience, data }),
  updated: eventType('release-file.updated', { summary: 'A file was changed', audience, data }),
  deleted: eventType('release-file.deleted', { summary: 'A file was removed', audience, data }),
}
