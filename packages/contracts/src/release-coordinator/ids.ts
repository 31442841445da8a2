import { z } from 'zod'
import { fitText } from '../fit-values.ts'
import { type LinkRules, link, nullableLink } from '../rest-framework/link.ts'

/** Kids First ids: a prefix for the kind, and 40 random bits in Crockford base32. Always 11 characters. */
export const idPrefixes = {
  task: 'TA',
  taskService: 'TS',
  release: 'RE',
  releaseNote: 'RN',
  event: 'EV',
  study: 'SD',
} as const

export type IdPrefix = (typeof idPrefixes)[keyof typeof idPrefixes]

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A new id. Collisions are possible (40 bits): the unique index decides, the caller tries again. */
export function newId(prefix: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8))
  let id = ''
  for (const byte of bytes) id += alphabet[byte & 31]
  return `${prefix}_${id}`
}

export const idPattern = /^[A-Z]{2}_[0-9A-HJKMNP-TV-Z]{8}$/

/** An id as a path parameter: anything, because an odd one is simply not found. */
export const idParameter = z.string().max(1024).transform(fitText)

const lists = ['tasks', 'task-services', 'releases', 'release-notes', 'events', 'studies'] as const
/** A bare id instead of a link: whatever has its form, to be told that there is no such thing. */
const bareId = /^[A-Z]{2}_[0-9A-Z]{8}$/
const rules = (list: (typeof lists)[number]): LinkRules => ({ list, lists, id: bareId })

/** Reads the id out of a link of the given list; text that is no such link is returned as it is. */
export function idOfLink(list: (typeof lists)[number], text: string): string {
  return new RegExp(`^(?:https?://[^/]+)?/${list}/([^/?#]+)`, 'i').exec(text)?.[1] ?? text
}

export const releaseLink = () => link(rules('releases'))
export const taskServiceLink = () => link(rules('task-services'))
export const studyLinkOrNull = () => nullableLink(rules('studies'))
export const releaseLinkOrNull = () => nullableLink(rules('releases'))
export const taskServiceLinkOrNull = () => nullableLink(rules('task-services'))
export const taskLinkOrNull = () => nullableLink(rules('tasks'))

/** ISO 8601, UTC, microseconds; no fraction when it is zero. */
export const timestamp = z.string().meta({ format: 'date-time', examples: ['2018-09-13T19:48:49.467518Z'] })
/** Absolute URL of a related resource. */
export const url = z.string().meta({ format: 'uri' })
