import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { eventStream } from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import pg from 'pg'
import type { Ground } from '../ground/ground.ts'
import { interleave, median } from '../load/interleave.ts'
import { cpuOf } from './cpu-of.ts'
import type { Scenario } from './scenario.ts'

const scenario = 'Write with event: POST /events'

/**
 * Row, event and remembered command, committed to disk; meanwhile the relay sends the events on and the platform's
 * consumers handle them. The reference writes the same with the same statement into tables of its own and sends
 * nothing on. Whatever the platform still has to do after its slice is waited for, and said.
 */
export const writeEvent: Scenario = async (ground, { oneProcess, oneProcessCpu }, seconds) => {
  const { generator, cpu, platform } = ground
  const body = JSON.stringify({ event_type: 'info', message: 'Checksums were compared' })
  const headers = { 'content-type': 'application/json' }
  const way = (url: string) => ({ url: `${url}/events`, method: 'POST' as const, body, headers })
  const ways = { platform: way(platform.url), plain: way(oneProcess) }

  await using after = await watchEvents(ground)
  const sentAfter: number[] = []
  const handledAfter: number[] = []
  const settle = async () => {
    const startedAt = performance.now()
    await after.sent()
    sentAfter.push(performance.now() - startedAt)
    await after.handled()
    handledAfter.push(performance.now() - startedAt)
  }
  const many = await interleave({
    generator,
    ways,
    connections: 32,
    seconds,
    settle,
    cpu: { platform: cpu, plain: oneProcessCpu },
  })
  const reference = (value: number) => ({ name: 'one process, not sent', value })
  const { platform: own, plain } = many
  return [
    {
      scenario,
      what: '32 connections, throughput',
      value: own.perSecond,
      unit: '/s',
      reference: reference(plain.perSecond),
      aim: { of: 'value', atLeast: 2_500 },
    },
    { scenario, what: '32 connections, p50', value: own.p50, unit: 'ms', reference: reference(plain.p50) },
    { scenario, what: '32 connections, p99', value: own.p99, unit: 'ms', reference: reference(plain.p99) },
    { scenario, what: 'after the last answer, until all are sent', value: median(sentAfter), unit: 'ms' },
    { scenario, what: 'after the last answer, until all are handled', value: median(handledAfter), unit: 'ms' },
    ...cpuOf(scenario, cpu, oneProcessCpu),
  ]
}

/** Waits for an empty outbox, and for consumers that have nothing left of the event stream. */
async function watchEvents({ platform }: Ground) {
  const client = new pg.Client({ connectionString: platform.databaseUrl('coordinator') })
  await client.connect()
  const { host, username: user, password: pass } = new URL(platform.natsUrl('operator'))
  const nc = await connect({ servers: host, user, pass, inboxPrefix: `_INBOX.${user}` })
  const manager = await jetstreamManager(nc)
  const patience = { timeoutMs: 300_000 }
  return {
    sent: () =>
      eventually(async () => {
        const { rowCount } = await client.query('select from platform.outbox where sent_at is null limit 1')
        return rowCount === 0
      }, patience),
    handled: () =>
      eventually(async () => {
        const consumers = await manager.consumers.list(eventStream).next()
        return consumers.every(({ num_pending, num_ack_pending }) => num_pending + num_ack_pending === 0)
      }, patience),
    async [Symbol.asyncDispose]() {
      await nc.close()
      await client.end()
    },
  }
}
