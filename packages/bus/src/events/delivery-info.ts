/** What JetStream says of a delivery in the subject its receipt goes to. */
export type DeliveryInfo = {
  readonly attempt: number
  readonly streamSequence: number
  /** Counts all deliveries of the consumer, repeated ones included, from 1 and without gaps. */
  readonly consumerSequence: number
}

/**
 * Reads `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>`; servers with domains put
 * domain and account before the stream, and may add to the end. Undefined for anything else.
 */
export function readDeliveryInfo(receiptSubject: string | undefined): DeliveryInfo | undefined {
  const tokens = receiptSubject?.split('.') ?? []
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK' || tokens.length < 9) return undefined
  const from = tokens.length === 9 ? 4 : 6
  const attempt = Number(tokens[from])
  const streamSequence = Number(tokens[from + 1])
  const consumerSequence = Number(tokens[from + 2])
  return attempt > 0 && streamSequence > 0 ? { attempt, streamSequence, consumerSequence } : undefined
}
