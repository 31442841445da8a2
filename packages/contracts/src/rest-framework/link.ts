import type { z } from 'zod'
import { unfitText } from '../fit-values.ts'
import { field, notNull, pythonType, refuse } from './field.ts'

export type LinkRules = {
  /** Path of the list whose items are linked, e.g. `releases`. */
  readonly list: string
  /** All lists of the API: a link to an item of another one is told apart from a link to nowhere. */
  readonly lists: readonly string[]
  /** What a bare id looks like. */
  readonly id: RegExp
}

/** A link to another resource, read as its id. Accepts a URL on any host, a path, or the bare id. */
export function link(rules: LinkRules): z.ZodType<string, string> {
  return field({ schema: linkSchema }, value => (value === null || value === '' ? notNull : readLink(value, rules)))
}

/** The same where no link is a value, too; an empty text counts as none. */
export function nullableLink(rules: LinkRules): z.ZodType<string | null, string | null> {
  const schema = { ...linkSchema, type: ['string', 'null'] }
  return field({ schema }, value => (value === null || value === '' ? null : readLink(value, rules)))
}

const linkSchema = { type: 'string', description: 'URL or id of the related resource' }

function readLink(value: unknown, { list, lists, id }: LinkRules) {
  if (typeof value !== 'string') {
    return refuse('incorrect_type', `Incorrect type. Expected URL string, received ${pythonType(value)}.`)
  }
  const text = value.trim()
  const unfit = unfitText(text)
  if (unfit) return refuse(unfit.reason, unfit.message)
  if (id.test(text)) return text
  const [, target, key] = /^(?:https?:\/\/[^/]+)?\/([^/?#]+)\/([^/?#]+)(?:[?#].*)?$/i.exec(text) ?? []
  if (!target || !key || !lists.includes(target)) return refuse('no_match', 'Invalid hyperlink - No URL match.')
  if (target !== list) return refuse('incorrect_match', 'Invalid hyperlink - Incorrect URL match.')
  return key
}
