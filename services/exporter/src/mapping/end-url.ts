import type { OwnerTarget, SourceTarget } from '@slipway/contracts'
import { sourceUrl } from '../paths.ts'

/** What the URL of a source or concept leads to, of the live source or of a version; undefined for other URLs. */
export type EndUrl = { readonly target: SourceTarget; readonly concept: string | undefined }

/** One end of a mapping: a code of a source. Neither need be here, and the source may be one that never is. */
export type EndPlace = {
  /** As rows say it: for sources that could be here, the path of the live one. */
  readonly sourceUrl: string
  readonly code: string
  /** Undefined for sources of other systems. */
  readonly target: SourceTarget | undefined
}

/** Programs that make URLs out of what is one already write the path twice; the last one counts. */
const pathPattern =
  /^(?:https?:\/\/[^/]+)?(?:\/(?:orgs|users)\/.*\/concepts\/)?\/(orgs|users)\/([^/]+)\/sources\/([^/]+)\/(.*)$/
/** Below a source: of its live state, or of a version; no version is called `concepts`. */
const conceptPattern = /^(?:(?!concepts\/)[^/]+\/)?concepts\/([^/]+)\//
/** Of other systems, and of things that are not here: what stands before the concepts is the source. */
const foreignPattern = /^(.*\/)concepts\/([^/]+)\/+$/

export function readEnd(url: string): EndUrl | undefined {
  const [, owners, owner, source, rest = ''] = pathPattern.exec(withSlash(url)) ?? []
  if (!owner || !source) return undefined
  const ownerType: OwnerTarget['ownerType'] = owners === 'orgs' ? 'org' : 'user'
  const target = { ownerType, owner: decoded(owner), source: decoded(source) }
  const concept = conceptPattern.exec(rest)?.[1]
  return { target, concept: concept && decoded(concept) }
}

/** The end that the URL of a concept names; undefined for URLs that name none. */
export function readConceptEnd(url: string): EndPlace | undefined {
  const end = readEnd(url)
  if (end?.concept) return { sourceUrl: sourceUrl(end.target), code: end.concept, target: end.target }
  const [, source, code] = foreignPattern.exec(withSlash(url)) ?? []
  return source && code ? { sourceUrl: source, code: decoded(code), target: undefined } : undefined
}

/** The end that a code of a source is; the URL of the source may be any. */
export function codeEnd(url: string, code: string): EndPlace {
  const target = readEnd(url)?.target
  return { sourceUrl: target ? sourceUrl(target) : url, code, target }
}

const withSlash = (url: string) => (url.endsWith('/') ? url : `${url}/`)

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
