import { expect, test } from 'vitest'
import { parseServerList } from './server-list.ts'

test.for([
  ['nats://127.0.0.1:4223', { servers: ['127.0.0.1:4223'], credentials: undefined, tls: false }],
  ['localhost', { servers: ['localhost:4222'], credentials: undefined, tls: false }],
  ['nats://[::1]:4222', { servers: ['[::1]:4222'], credentials: undefined, tls: false }],
  ['tls://a.example.org', { servers: ['a.example.org:4222'], credentials: undefined, tls: true }],
  ['nats://u:1p%40@h:5', { servers: ['h:5'], credentials: { user: 'u', pass: '1p@' }, tls: false }],
  ['nats://t0ken@h', { servers: ['h:4222'], credentials: { token: 't0ken' }, tls: false }],
  [
    'nats://u:p@a:1, nats://u:p@b:2 ,c',
    { servers: ['a:1', 'b:2', 'c:4222'], credentials: { user: 'u', pass: 'p' }, tls: false },
  ],
] as const)('%s', ([list, expected]) => {
  expect(parseServerList(list)).toEqual(expected)
})

test.for(['', ' , ', 'http://h', 'nats://', 'nats://u:p@a,nats://u:q@b'])('%j is refused without showing it', list => {
  expect(() => parseServerList(list)).toThrow(/^(?!.*u:[pq])/)
})
