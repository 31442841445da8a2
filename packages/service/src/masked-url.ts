/** Names of parameters whose values open something: keys, signatures, tokens, passwords. */
const secretName = /key|sig|token|secret|pass|auth(?!or)|credential|session|code|jwt/i

/** A path whose last part is a key. */
const keyInPath = /(\/passwordReset\/)[^/]+/i

/**
 * A URL, or the path of one, as it may stand in a log: values of query parameters that open something are replaced, and so
 * are credentials in front of a host, and keys in a path.
 */
export function maskedUrl(url: string): string {
  const start = url.indexOf('?')
  const path = (start < 0 ? url : url.slice(0, start))
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1***@')
    .replace(keyInPath, '$1***')
  if (start < 0) return path
  const query = url
    .slice(start + 1)
    .replaceAll(/([^&;=?#]*)=([^&;#]*)/g, (pair, name: string) =>
      secretName.test(decoded(name)) ? `${name}=***` : pair,
    )
  return `${path}?${query}`
}

/** Names may be written in a way that only servers read. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '))
  } catch {
    return name
  }
}
