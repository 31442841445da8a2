import type { FeedEntry, FeedFile, FeedState } from './feed.store.ts'

/** The vocabularies of syndication feeds of SNOMED CT: entries as clients of the national servers know them. */
const namespaces = [
  'xmlns="http://www.w3.org/2005/Atom"',
  'xmlns:ncts="http://ns.electronichealth.net.au/ncts/syndication/asf/extensions/1.0.0"',
  'xmlns:sct="http://snomed.info/syndication/sct-extension/1.0.0"',
].join(' ')
const categoryScheme = 'http://ns.electronichealth.net.au/ncts/syndication/asf/scheme/1.0.0'
/** What the feed keeps to: that of the national service of Australia, which the others took over. */
const profile = 'http://ns.electronichealth.net.au/ncts/syndication/asf/profile/1.0.0'
/** Labels of the terms of the scheme that release packages have. */
const labels: Readonly<Record<string, string>> = {
  SCT_RF2_ALL: 'SNOMED CT RF2 All',
  SCT_RF2_DELTA: 'SNOMED CT RF2 Delta',
  SCT_RF2_FULL: 'SNOMED CT RF2 Full',
  SCT_RF2_SNAPSHOT: 'SNOMED CT RF2 Snapshot',
}
const never = '1970-01-01T00:00:00.000Z'

export function feedHead(baseUrl: string, { updated, feedId }: Pick<FeedState, 'updated' | 'feedId'>): string {
  const self = `${baseUrl}/api/feed`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<feed ${namespaces}>`,
    element('title', 'SNOMED CT release packages'),
    element('id', `urn:uuid:${feedId}`),
    element('generator', 'Slipway'),
    `<link rel="self" type="application/atom+xml" href="${escaped(self)}"/>`,
    element('updated', updated ?? never),
    element('ncts:atomSyndicationFormatProfile', profile),
    '',
  ].join('\n')
}

export const feedTail = '</feed>\n'

export function feedEntry(entry: FeedEntry, baseUrl: string): string {
  const title = [entry.package_name, entry.version_name].map(name => name ?? '').join('-')
  return [
    '<entry>',
    element('title', title),
    ...entry.files.map(file => link(file, baseUrl)),
    category(termOf(entry)),
    author(entry),
    element('id', `urn:uuid:${entry.entry_id}`),
    element('rights', entry.copyrights),
    element('updated', entry.updated),
    element('published', entry.published),
    element('summary', entry.summary),
    element('ncts:contentItemIdentifier', entry.uri.trim()),
    element('ncts:contentItemVersion', entry.version_uri.trim()),
    dependency(entry),
    '</entry>',
    '',
  ]
    .filter((line, index, lines) => line !== '' || index === lines.length - 1)
    .join('\n')
}

function link({ path, origin, md5, sha256, size, primary }: FeedFile, baseUrl: string): string {
  const hashes = [
    ...(size && md5 ? [` sct:md5Hash="${escaped(md5)}"`] : []),
    ...(sha256 ? [` ncts:sha256Hash="${escaped(sha256)}"`] : []),
  ]
  const measured = size && hashes.length > 0 ? ` length="${escaped(size)}"` : ''
  const rel = primary ? 'alternate' : 'related'
  return `<link rel="${rel}" type="${escaped(typeOf(origin))}" href="${escaped(baseUrl + path)}"${measured}${hashes.join('')}/>`
}

/** After the extension of the file, as in MLDS. */
function typeOf(origin: string | null): string {
  const path = origin !== null && URL.canParse(origin) ? new URL(origin).pathname : ''
  const extension = /\.([a-z\d]+)$/i.exec(path)?.[1]
  return `application/${extension?.toLowerCase() ?? 'octet-stream'}`
}

function termOf({ package_type: type }: FeedEntry): string {
  return type !== null && /^SCT_RF2_[A-Z_]+$/.test(type) ? type : 'OTHER'
}

const category = (term: string): string =>
  `<category term="${escaped(term)}" label="${escaped(labels[term] ?? term)}" scheme="${categoryScheme}"/>`

function author({ author_name: name, author_uri: uri, author_email: email }: FeedEntry): string {
  return `<author>${element('name', name)}${element('uri', uri)}${element('email', email)}</author>`
}

function dependency({ edition, derivative }: FeedEntry): string {
  if (edition === null && derivative === null) return ''
  const inner = element('sct:editionDependency', edition) + element('sct:derivativeDependency', derivative)
  return `<sct:packageDependency>${inner}</sct:packageDependency>`
}

/** Nothing for null. */
function element(name: string, text: string | null): string {
  return text === null ? '' : `<${name}>${escaped(text)}</${name}>`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Characters that XML 1.0 knows no way to write are left out. */
const unwritable = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu

function escaped(text: string): string {
  return text.replaceAll(unwritable, '').replaceAll(/[&<>"']/g, character => entities[character] as string)
}
