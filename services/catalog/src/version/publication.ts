import type { ReleaseVersionFields } from '@slipway/contracts'

export type Sent = Pick<ReleaseVersionFields, 'releaseType' | 'online' | 'publishedAt'>
type Stored = { readonly releaseType: string; readonly publishedAt: string | null }

const isBlank = (text: string | null | undefined) => text === undefined || text === null || text.trim() === ''
const isOnline = (releaseType: string) => releaseType.toLowerCase() === 'online'

/** The release type of a new version: two generations of clients say it in two ways. */
export function initialType({ releaseType, online }: Sent): string {
  if (!isBlank(releaseType)) return releaseType as string
  return online === true ? 'online' : 'offline'
}

/**
 * The release type after a change. Clients send back what they read, so only a field that differs from what is stored is
 * meant; of two such fields the release type counts.
 */
export function changedType({ releaseType, online }: Sent, stored: string): string {
  if (!isBlank(releaseType) && releaseType?.toLowerCase() !== stored.toLowerCase()) return releaseType as string
  if (online === true && !isOnline(stored)) return 'online'
  return online === false && isOnline(stored) ? 'offline' : stored
}

/** What is online has a date: today, unless one was sent or stored. `today` is in UTC. */
export function publicationDate(sent: Sent, releaseType: string, stored: string | null, today: string): string | null {
  const date = sent.publishedAt === undefined ? stored : sent.publishedAt
  return date ?? (isOnline(releaseType) ? today : null)
}

/** Both rules at once. */
export function publish(sent: Sent, stored: Stored | undefined, today: string): Stored {
  const releaseType = stored ? changedType(sent, stored.releaseType) : initialType(sent)
  return { releaseType, publishedAt: publicationDate(sent, releaseType, stored?.publishedAt ?? null, today) }
}
