import { failure, invalid, mayRead, unfitValues } from '@slipway/contracts'
import { lastValue, type QueryParameters } from '../http/query.ts'
import type { EventFilter, StoredEvent } from './stored-event.ts'

const pattern = /^([a-z0-9-]+)(?:\.(\*|[a-z0-9-]+))?$/

/**
 * Reads `types=release.*,task.staged`, `release=RE_…` and `subject=…`.
 * @throws `invalid` for a type that is none
 */
export function readFilter(parameters: QueryParameters): Omit<EventFilter, 'viewer'> {
  const nouns = new Set<string>()
  const types = new Set<string>()
  const words = (parameters.types ?? []).flatMap(value => value.split(',')).map(word => word.trim())
  for (const word of words.filter(word => word !== '' && word !== '*')) {
    const [, noun, verb] = pattern.exec(word) ?? []
    if (noun === undefined) {
      const message = `"${word}" is no type of event: release.*, task.staged`
      throw failure('invalid', message, { details: [{ path: ['types'], reason: 'not_a_type', message }] })
    }
    if (verb === undefined || verb === '*') nouns.add(noun)
    else types.add(word)
  }
  const unfit = Object.keys(parameters).flatMap(name =>
    unfitValues(parameters[name]).map(detail => ({ ...detail, path: [name] })),
  )
  if (unfit.length > 0) throw invalid(unfit)
  // A star among others asks for everything.
  const all = words.includes('*')
  return {
    release: lastValue(parameters, 'release') || null,
    subject: lastValue(parameters, 'subject') || null,
    nouns: all ? [] : [...nouns],
    types: all ? [] : [...types],
  }
}

export function matches({ release, subject, nouns, types, viewer }: EventFilter, event: StoredEvent): boolean {
  if (!mayRead(event, viewer.words(), viewer.isPrivate)) return false
  if (release !== null && event.release_id !== release) return false
  if (subject !== null && event.aggregate !== subject) return false
  if (nouns.length === 0 && types.length === 0) return true
  return nouns.includes(event.noun) || types.includes(`${event.noun}.${event.verb}`)
}
