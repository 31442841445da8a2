import { z } from 'zod'
import { ownersOf, viewersOf } from '../audience.ts'
import { eventType } from '../event.ts'
import { operation } from '../operation.ts'
import { body, partialBody } from '../rest-framework/body.ts'
import { choice, text } from '../rest-framework/scalar.ts'
import { accessLevels, toldAccess } from './access.ts'
import { oclQuery, oclTimestamp, oclUrl, oclWriteErrors, readErrors } from './target.ts'
import { extrasObject, nullableText, oclId } from './values.ts'

const orgRow = { id: z.string(), name: z.string(), url: oclUrl, type: z.literal('Organization') }

export const orgSchema = z
  .object({
    type: z.literal('Organization'),
    uuid: z.string(),
    id: z.string(),
    name: z.string(),
    company: z.string().nullable(),
    website: z.string().nullable(),
    location: z.string().nullable(),
    public_access: z.enum(accessLevels),
    extras: z.record(z.string(), z.unknown()),
    url: oclUrl,
    members_url: oclUrl,
    sources_url: oclUrl,
    members: z.int(),
    public_sources: z.int(),
    created_on: oclTimestamp,
    created_by: z.string(),
    updated_on: oclTimestamp,
    updated_by: z.string(),
  })
  .meta({ id: 'OclOrg', description: 'An organisation that owns sources' })

const fields = {
  name: text({ max: 1000 }),
  company: nullableText().optional(),
  website: nullableText().optional(),
  location: nullableText().optional(),
  public_access: choice(accessLevels).default('View'),
  extras: extrasObject().optional(),
}
const newFields = { id: oclId(), ...fields }
export type OrgFields = z.output<z.ZodObject<typeof newFields>>

const org = z.string().max(1024)

export const orgOperations = {
  list: operation('exporter.org.list', {
    summary: 'Lists organisations that the caller may see, of one member or all',
    effect: 'read',
    audience: viewersOf('url'),
    flow: 'streamed-answer',
    input: z.object({ query: oclQuery, member: z.string().max(320).optional() }),
    output: z.array(z.object(orgRow)),
    errors: ['not_found'],
  }),
  get: operation('exporter.org.get', {
    summary: 'Reads an organisation',
    effect: 'read',
    audience: viewersOf('url'),
    input: z.object({ org }),
    output: orgSchema,
    errors: readErrors,
  }),
  create: operation('exporter.org.create', {
    summary: 'Makes an organisation; its maker becomes a member',
    effect: 'write',
    input: z.object({ body: body(newFields) }),
    output: orgSchema,
    errors: ['unauthenticated', 'forbidden', 'key_reused'],
  }),
  update: operation('exporter.org.update', {
    summary: 'Changes an organisation',
    effect: 'write',
    input: z.object({ org, body: partialBody(fields) }),
    output: orgSchema,
    errors: oclWriteErrors,
  }),
  delete: operation('exporter.org.delete', {
    summary: 'Deletes an organisation with its sources',
    effect: 'write',
    input: z.object({ org }),
    output: z.void(),
    errors: [...oclWriteErrors, 'refused'],
  }),
}

const member = z.string().max(320).meta({ description: 'Login of an account' })

export const orgMemberOperations = {
  list: operation('exporter.org-member.list', {
    summary: 'Lists the logins of the members of an organisation',
    effect: 'read',
    audience: viewersOf('url'),
    flow: 'streamed-answer',
    input: z.object({ org, query: oclQuery }),
    output: z.array(z.string()),
    errors: readErrors,
  }),
  get: operation('exporter.org-member.get', {
    summary: 'Tells whether somebody is a member: `not_found` if not',
    effect: 'read',
    audience: ownersOf('url'),
    input: z.object({ org, member }),
    output: z.void(),
    errors: readErrors,
  }),
  add: operation('exporter.org-member.add', {
    summary: 'Makes somebody a member',
    effect: 'write',
    input: z.object({ org, member }),
    output: z.void(),
    errors: oclWriteErrors,
  }),
  remove: operation('exporter.org-member.remove', {
    summary: 'Ends a membership',
    effect: 'write',
    input: z.object({ org, member }),
    output: z.void(),
    errors: oclWriteErrors,
  }),
}

export const ownerProfileOperations = {
  get: operation('exporter.owner-profile.get', {
    summary: 'Counts what a user owns and belongs to, as far as the caller may see it',
    effect: 'read',
    audience: viewersOf('url'),
    input: z.object({ login: member }),
    output: z.object({ orgs: z.int(), public_sources: z.int() }),
  }),
}

const data = z.object({
  org_id: z.string(),
  url: oclUrl,
  name: z.string(),
  public_access: toldAccess,
  members: z.array(z.string()).optional().meta({
    description: 'Logins in lower case; absent where there are more than 2,000, and in events of older versions',
  }),
})

const audience = viewersOf('url')

export const orgEvents = {
  created: eventType('org.created', { summary: 'An organisation was made', audience, data }),
  updated: eventType('org.updated', { summary: 'An organisation or its members changed', audience, data }),
  deleted: eventType('org.deleted', { summary: 'An organisation was deleted', audience, data }),
}
