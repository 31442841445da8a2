import type { FastifyRequest } from 'fastify'

/** What the caller says about a change. Headers are bytes; people write them in UTF-8. */
export function changeComment({ headers }: FastifyRequest): string | null {
  const given = headers['pdc-change-comment']
  if (typeof given !== 'string' || given === '') return null
  const bytes = Buffer.from(given, 'latin1')
  const text = bytes.toString('utf8')
  return text.includes('\ufffd') ? given : text
}

/** The conditions of a request, in epoch seconds; a date that is none does not count. */
export function conditionsOf({ headers }: FastifyRequest) {
  return {
    modifiedSince: epochSeconds(headers['if-modified-since']),
    unmodifiedSince: epochSeconds(headers['if-unmodified-since']),
  }
}

function epochSeconds(text: string | string[] | undefined): number | undefined {
  const time = typeof text === 'string' ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000)
}
