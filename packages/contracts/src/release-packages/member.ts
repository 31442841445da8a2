import { z } from 'zod'
import { everybody } from '../audience.ts'
import { eventType } from '../event.ts'
import { operation } from '../operation.ts'
import { mldsErrors } from './access-values.ts'
import { instant, shortText } from './package-values.ts'

export const memberKeySchema = z.object({ key: z.string() })

const storedFile = z.object({
  fileId: z.int(),
  filename: z.string().nullable(),
  mimetype: z.string().nullable(),
  lastUpdated: instant,
})

export const memberSchema = z
  .object({
    memberId: z.int(),
    key: z.string(),
    createdAt: instant,
    name: z.string(),
    licenseName: z.string().nullable(),
    licenseVersion: z.string().nullable(),
    license: storedFile.nullable(),
    logo: storedFile.nullable().meta({ description: 'Always null: logos are not kept here' }),
    promotePackages: z.boolean().nullable(),
    contactEmail: z.string().nullable(),
    memberOrgName: z.string().nullable(),
    memberOrgURL: z.string().nullable(),
    staffNotificationEmail: z
      .string()
      .nullable()
      .optional()
      .meta({ description: 'Shown to staff and administrators only' }),
  })
  .meta({ id: 'MldsMember', description: 'A member organisation' })

const key = z.string().max(255)

export const memberOperations = {
  list: operation('catalog.member.list', {
    summary: 'Lists member organisations',
    effect: 'read',
    audience: everybody,
    input: z.object({}),
    output: z.array(memberSchema),
  }),
  update: operation('catalog.member.update', {
    summary: 'Sets whether packages of a member are promoted, and where its staff is written to',
    effect: 'write',
    input: z.object({
      key,
      body: z.object({ promotePackages: z.boolean().nullish(), staffNotificationEmail: shortText }),
    }),
    output: memberSchema,
    errors: mldsErrors,
  }),
  setNotifications: operation('catalog.member.set-notifications', {
    summary: 'Sets where the staff of a member is written to',
    effect: 'write',
    input: z.object({ key, body: z.object({ staffNotificationEmail: shortText }) }),
    output: memberSchema,
    errors: mldsErrors,
  }),
  setFeed: operation('catalog.member.set-feed', {
    summary: 'Sets the author that entries of the feed name for a member',
    effect: 'write',
    input: z.object({
      key,
      body: z.object({ contactEmail: shortText, memberOrgName: shortText, memberOrgURL: shortText }),
    }),
    output: memberSchema,
    errors: mldsErrors,
  }),
  license: operation('catalog.member.license', {
    summary: 'Reads the licence of a member as it was uploaded; 204 if there is none',
    effect: 'read',
    audience: everybody,
    flow: 'streamed-answer',
    input: z.object({ key, modifiedSince: z.int().optional(), head: z.boolean().default(false) }),
    output: z.unknown(),
    errors: ['not_found'],
  }),
  setLicense: operation('catalog.member.set-license', {
    summary: 'Replaces the licence of a member, its name and its version; no bytes replace only those',
    effect: 'write',
    flow: 'streamed-request',
    input: z.object({
      key,
      filename: shortText,
      mimetype: shortText,
      licenseName: shortText,
      licenseVersion: shortText,
    }),
    output: memberSchema,
    errors: [...mldsErrors, 'too_large'],
  }),
}

export const memberEvents = {
  updated: eventType('member.updated', {
    summary: 'Settings or the licence of a member organisation changed',
    audience: everybody,
    data: z.object({ member_id: z.int(), key: z.string() }),
  }),
}
