import { header, responseHeaderPrefix } from '@slipway/contracts'

/** Names of headers as `readHeaders` shows them: in lower case. */
export const received = Object.fromEntries(
  Object.entries(header).map(([key, name]) => [key, name.toLowerCase()]),
) as Readonly<Record<keyof typeof header, string>>

export const receivedResponsePrefix = responseHeaderPrefix.toLowerCase()
