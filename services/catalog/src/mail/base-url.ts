/**
 * What links in mails start with, without a slash at the end: the configured address, else the one that the request
 * was sent to. That one is the caller's word, so mails of a platform that others reach should have it configured.
 */
export function mailBaseUrl(configured: string | undefined, requested: string): string {
  return (configured ?? requested).replace(/\/+$/, '')
}
