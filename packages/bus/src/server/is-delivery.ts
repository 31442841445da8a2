import type { Msg } from '@nats-io/nats-core'

/**
 * True for what a consumer of the stream delivers. Whoever may make a consumer can have it push events to any subject,
 * past the permissions of the broker; what is no pull of our own is neither a call nor a message to replicas.
 */
export const isDelivery = ({ reply }: Msg): boolean => reply?.startsWith('$JS.ACK.') ?? false
