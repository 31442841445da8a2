/** What the client library wants to know of the servers. */
export type ServerList = {
  /** `host:port` each. */
  readonly servers: readonly string[]
  readonly credentials: { readonly user: string; readonly pass: string } | { readonly token: string } | undefined
  readonly tls: boolean
}

/**
 * Reads a comma list of `nats://[user:password@]host[:port]` or `nats://token@host`; `tls://` asks for TLS. The client
 * library ignores credentials in URLs, and takes the first digits after a colon for the port even inside a password.
 * Reserved characters in credentials are percent-encoded. One set of credentials serves the whole list. Throws `Error`.
 */
export function parseServerList(list: string): ServerList {
  const urls = list
    .split(',')
    .map(entry => entry.trim())
    .filter(Boolean)
    .map(parseServer)
  if (urls.length === 0) throw new Error('no NATS server is given')
  const credentials = urls.filter(url => url.username !== '').map(readCredentials)
  const [first, ...others] = credentials
  if (others.some(other => JSON.stringify(other) !== JSON.stringify(first))) {
    throw new Error('the NATS servers of one list must share their credentials')
  }
  return {
    servers: urls.map(url => `${url.hostname}:${url.port || '4222'}`),
    credentials: first,
    tls: urls.some(url => url.protocol === 'tls:'),
  }
}

/** Never shows the text in an error: it may hold a password. */
function parseServer(entry: string, index: number): URL {
  const url = URL.parse(/^[a-z]+:\/\//iu.test(entry) ? entry : `nats://${entry}`)
  if (!url || url.hostname === '' || !['nats:', 'tls:'].includes(url.protocol)) {
    throw new Error(`NATS server ${index + 1} of the list is not like nats://user:password@host:4222`)
  }
  return url
}

function readCredentials(url: URL): NonNullable<ServerList['credentials']> {
  const user = decodeURIComponent(url.username)
  return url.password === '' ? { token: user } : { user, pass: decodeURIComponent(url.password) }
}
