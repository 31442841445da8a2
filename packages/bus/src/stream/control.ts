import { header } from '@slipway/contracts'
import type { Connection } from '../connection/connection.ts'
import { encodeHeaders, headerLine, headerText } from '../wire/headers.ts'
import { noBytes } from '../wire/json.ts'

/** What the receiver of a stream says to its sender. */
export type Control = { grant(chunks: number): void; cancel(reason: string): void }

/**
 * Control messages to the subject `to`, with the subject `from` to answer to: if the process behind `to` has died, the
 * broker says so there ("no responders") instead of letting the stream run into its idle time.
 */
export function controlMessages(connection: Connection, to: string, from: string): Control {
  return {
    grant: chunks => connection.tell(to, noBytes, encodeHeaders(headerLine(header.credit, chunks)), from),
    cancel: reason => connection.tell(to, noBytes, encodeHeaders(headerLine(header.cancel, headerText(reason)))),
  }
}
