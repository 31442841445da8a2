import type { FastifyRequest } from 'fastify'

export type Authorization = {
  /** In lower case. */
  readonly scheme: string
  readonly value: string
}

/** The `Authorization` header in its two parts; undefined if there is none or it has no second part. */
export function authorization({ headers }: FastifyRequest): Authorization | undefined {
  const [, scheme, value] = /^([^\s]+)[ \t]+(.+)$/s.exec(headers.authorization?.trim() ?? '') ?? []
  return scheme === undefined || value === undefined ? undefined : { scheme: scheme.toLowerCase(), value }
}

export type PasswordCredentials = { readonly login: string; readonly password: string }

/** Login and password of a `Basic` header; undefined if it is not readable. */
export function basicCredentials(value: string): PasswordCredentials | undefined {
  if (!/^[A-Za-z\d+/_-]+={0,2}$/.test(value)) return undefined
  const text = Buffer.from(value, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { login: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** A token sent in any of the ways that the platform's APIs know. */
export function anyToken(request: FastifyRequest): string | undefined {
  const given = authorization(request)
  if (given && (given.scheme === 'bearer' || given.scheme === 'token')) return given.value
  const own = request.headers['genestack-api-token']
  return typeof own === 'string' && own !== '' ? own : undefined
}
