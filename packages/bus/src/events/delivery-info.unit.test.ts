import { expect, test } from 'vitest'
import { readDeliveryInfo } from './delivery-info.ts'

test.for([
  ['$JS.ACK.SLIPWAY.durable.3.17.21.1700000000000000000.5', { attempt: 3, streamSequence: 17, consumerSequence: 21 }],
  [
    '$JS.ACK.hub.ACCHASH.SLIPWAY.durable.1.9.2.1700000000000000000.0',
    { attempt: 1, streamSequence: 9, consumerSequence: 2 },
  ],
  [
    '$JS.ACK._.ACCHASH.SLIPWAY.durable.2.9.2.1700000000000000000.0.random',
    { attempt: 2, streamSequence: 9, consumerSequence: 2 },
  ],
  ['_INBOX.registry.abc.1', undefined],
  ['$JS.ACK.SLIPWAY.durable.x.17.21.1700000000000000000.5', undefined],
  ['', undefined],
  [undefined, undefined],
] as const)('%s', ([subject, expected]) => {
  expect(readDeliveryInfo(subject)).toEqual(expected)
})
