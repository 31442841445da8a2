/**
 * What links in mails start with, without a slash at the end; undefined where no address is configured: then no mail with
 * a link is sent. The address that a request was sent to is its sender's word, and would have the platform mail links to
 * anywhere.
 */
export function mailBaseUrl(configured: string | undefined): string | undefined {
  return configured?.replace(/\/+$/, '')
}
