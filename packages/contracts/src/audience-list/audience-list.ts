import { fileURLToPath } from 'node:url'
import type { Audience, Right } from '../audience.ts'
import { events, operations } from '../catalogue.ts'
import { gatewayReads } from '../gateway-reads.ts'
import { serviceNames } from '../operation.ts'
import { serviceOperations } from '../platform-operations.ts'
import type { Callers, ReadAudience } from '../read-audience.ts'

/** The page for people, beside the other documentation. */
export const audienceListFile = fileURLToPath(new URL('../../../../docs/audiences.md', import.meta.url))

const holders: Readonly<Record<Right, string>> = {
  administrator: 'administrators',
  'release-administrator': 'administrators of releases',
  developer: 'developers and administrators',
  'package-administrator': 'administrators of release packages',
  editor: 'staff of any member and administrators of release packages',
  insider: 'insiders, staff and administrators of release packages',
  affiliate: 'whoever has a role of release packages',
  licensee: 'affiliates, staff of members and administrators of release packages',
  staff: 'staff of source exports',
  'all-data': 'holders of `ACCESS_ALL_DATA`',
  publisher: 'curators with `ACCESS_ALL_DATA`',
}

const callers: Readonly<Record<Callers, string>> = {
  ...holders,
  'signed-in': 'whoever is signed in',
  anonymous: 'nobody who is signed in',
  'let-in': 'whom the broker lets ask',
}

/** An audience in words. */
export function inWords(audience: Audience): string {
  switch (audience.of) {
    case 'everybody':
      return 'everybody'
    case 'some': {
      const { account, group, member, rights } = audience
      const about = [
        account === 'actor' ? 'who caused it' : account && `the account in \`${account}\``,
        group && `the group of the study in \`${group}\``,
        member && `staff of the member in \`${member}\``,
      ]
      return [...about.filter(Boolean), ...rights.map(right => holders[right])].join(', ')
    }
    case 'viewers':
      return `who may view the source or org in \`${audience.url}\``
    case 'owners':
      return `who belongs to the source or org in \`${audience.url}\`, staff of source exports`
    case 'version':
      return `who may see a version in the state in \`${audience.state}\``
    case 'service':
      return `the service ${audience.services.join(', ')}`
  }
}

const row = (name: string, audience: ReadAudience, summary: string) =>
  [`\`${name}\``, summary, audience.callers ? callers[audience.callers] : 'as the rows', inWords(audience)] as const

/** Who may read what, as Markdown: every read, and every kind of event. */
export function audienceList(): string {
  const everywhere = new Set(
    serviceNames.flatMap(name => Object.values(serviceOperations(name)).map(one => one.subject)),
  )
  const own = operations
    .filter(({ subject }) => !everywhere.has(subject))
    .concat(Object.values(serviceOperations('gateway')))
    .flatMap(({ subject, audience, summary }) => {
      const name = subject.replace('slipway.v1.', '')
      const shown = everywhere.has(subject) ? name.replace('gateway', '<service>') : name
      return audience ? [row(shown, audience, summary)] : []
    })
  const gateway = Object.values(gatewayReads).map(({ paths, audience, summary }) =>
    row(paths.join('`, `'), audience, summary),
  )
  return `${introduction}
## Operations

${table(['Operation', 'What', 'Who is answered', 'Who sees a row'], own)}

## What the gateway keeps itself

${table(['Paths', 'What', 'Who is answered', 'Who sees a row'], gateway)}

## Events

${table(
  ['Event', 'Who reads it'],
  events.map(({ noun, verb, audience }) => [`\`${noun}.${verb}\``, inWords(audience)]),
)}
`
}

const introduction = `<!-- Written by \`npm run docs -w packages/contracts\` from the contracts. Changes belong there. -->

# Who sees what

Every operation that reads, and every one that is for services only, declares in the contracts who may read what it answers, and every kind of event who may read it;
one without does not compile. Names in \`code\` are fields of the row or of the event's data.

*Who is answered* is checked before anything is looked at: others get 401 or 403, in the words of the API. Where it says *as
the rows*, nobody is refused who could see one. *Who sees a row* is kept to by whatever shows it; things of others are left out
of lists, and their own addresses answer 403 or 404.

What is for services of the platform, writes among it, is refused to everybody else, administrators too: a service proves who
it is by an identity token of its own (see [the bus](bus.md#identity)). The broker's permissions say the same once more, and are
all there is for what a service has to ask before it can prove anything.
`

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}
