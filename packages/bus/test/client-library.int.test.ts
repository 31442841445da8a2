import { writeFile } from 'node:fs/promises'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { Match, type Msg, type NatsConnection } from '@nats-io/nats-core'
import type { NatsConnectionImpl } from '@nats-io/nats-core/internal'
import { connect } from '@nats-io/transport-node'
import { eventually, startOwnNats, temporaryFolder } from '@slipway/testing'
import { expect, onTestFinished, test } from 'vitest'
import { type Connection, openConnection } from '../src/connection/connection.ts'
import { encodeHeaders, headerLine, readHeaders } from '../src/wire/headers.ts'
import { startNats, type TestNats } from './nats-server.ts'
import { captureLog } from './support.ts'

// What the bus takes from inside the client library, which promises none of it: an upgrade that changes it fails here.

async function server(): Promise<TestNats> {
  const nats = await startNats()
  onTestFinished(() => nats[Symbol.asyncDispose]())
  return nats
}

async function open(servers: string): Promise<Connection & { readonly lines: readonly unknown[] }> {
  const { log, lines } = captureLog()
  const connection = await openConnection({ servers, name: 'registry', log })
  onTestFinished(() => connection.close())
  return Object.assign(connection, { lines })
}

async function plainClient(nats: TestNats): Promise<NatsConnection> {
  const nc = await connect({ servers: nats.url })
  onTestFinished(() => nc.close())
  return nc
}

const socketOf = ({ nc }: Connection): unknown =>
  ((nc as NatsConnectionImpl).protocol.transport as { socket?: unknown }).socket

test('a message holds its header block where readHeaders looks for it', async () => {
  const nats = await server()
  const [connection, peer] = [await open(nats.url), await plainClient(nats)]
  const received: Msg[] = []
  connection.subscribe('read', message => void received.push(message))
  await connection.flush()
  const lines = headerLine('Slipway-Status', 201) + headerLine('Trace', 'ä b')
  peer.publish('read', 'no block')
  peer.publish('read', 'a block', { headers: encodeHeaders(lines)!.forPublish })
  // The broker tells only who asked that nobody listens.
  connection.publish('nobody.listens', Buffer.alloc(0), undefined, 'read')
  await eventually(() => expect(received).toHaveLength(3))
  const told = (text: string) => received.find(message => message.string() === text)!
  expect(['no block', 'a block', ''].map(text => readHeaders(told(text)).code)).toEqual([0, 0, 503])
  const block = readHeaders(told('a block')).values
  expect([...block]).toEqual([
    ['slipway-status', '201'],
    ['trace', 'ä b'],
  ])
  for (const [name, value] of block) expect(told('a block').headers?.last(name, Match.IgnoreCase)).toBe(value)
})

test('an encoded header block is sent as it is, and read by every other program', async () => {
  const nats = await server()
  const [connection, peer] = [await open(nats.url), await plainClient(nats)]
  const received: Msg[] = []
  peer.subscribe('sent', { callback: (_error, message) => void received.push(message) })
  await peer.flush()
  connection.publish('sent', Buffer.from('body'), encodeHeaders(headerLine('Http-ETag', 'W/"1"')))
  await eventually(() => expect(received).toHaveLength(1))
  expect([received[0]!.string(), received[0]!.headers?.get('Http-ETag')]).toEqual(['body', 'W/"1"'])
})

test('its socket is where writes of one turn are gathered, also after a reconnect', async () => {
  const nats = await server()
  const connection = await open(nats.url)
  const first = socketOf(connection)
  const corkedAfterPublish = () => {
    connection.publish('anything', Buffer.from('x'))
    return (socketOf(connection) as Socket).writableCorked
  }
  expect(first).toBeInstanceOf(Socket)
  expect([corkedAfterPublish(), corkedAfterPublish()]).toEqual([1, 1])
  await nats.restart()
  await eventually(() => expect([connection.connected, socketOf(connection) === first]).toEqual([true, false]))
  await connection.flush()
  expect(socketOf(connection)).toBeInstanceOf(Socket)
  expect(corkedAfterPublish()).toBe(1)
})

test('credentials that are refused on the way back do not end the attempts', async () => {
  await using folder = await temporaryFolder()
  const config = join(folder.path, 'nats.conf')
  const usersWith = (password: string) =>
    writeFile(config, `authorization { users: [{ user: "registry", password: "${password}" }] }`)
  await usersWith('first')
  await using nats = await startOwnNats({ config })
  const connection = await open(nats.url.replace('//', '//registry:first@'))
  await usersWith('second')
  await nats.restart()
  const refusals = () => connection.lines.filter(line => /authorization violation/i.test(JSON.stringify(line))).length
  // The library by itself gives up at the second.
  await eventually(() => expect(refusals()).toBeGreaterThanOrEqual(4))
  expect(connection.connected).toBe(false)
  await usersWith('first')
  await nats.restart()
  await eventually(() => expect(connection.connected).toBe(true))
})
