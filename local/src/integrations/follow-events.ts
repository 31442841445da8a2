import { appendFile, readFile, truncate } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import { connectToPlatform, type PlatformEvent, settingsFromEnvironment } from './platform-connection.ts'

/*
 * Appends every event of a kind to a file, once, whatever happens meanwhile to this program, the broker or the platform:
 *
 *   npm run follow-events -- --durable integration --out events.jsonl [--types 'task.*']
 *
 * With --since 2026-11-20T00:00:00Z it begins anew from there: events are kept for days and can be read again.
 */
const { values } = parseArgs({
  options: {
    durable: { type: 'string', default: 'integration' },
    types: { type: 'string', default: 'release.*' },
    out: { type: 'string', default: 'events.jsonl' },
    since: { type: 'string' },
  },
})
const { durable, types, out, since } = values
const stream = 'SLIPWAY'

await using platform = await connectToPlatform(settingsFromEnvironment())
// The user may do with its own consumer what it likes, and nothing else: so no look at the account first.
const manager = await jetstreamManager(platform.nats, { checkAPI: false })
if (since) await manager.consumers.delete(stream, durable).catch(() => false)
const isKnown = await manager.consumers.info(stream, durable).catch(() => false)
if (!isKnown) {
  await manager.consumers.add(stream, {
    durable_name: durable,
    filter_subject: `slipway.v1.event.${types}.*`,
    ack_policy: AckPolicy.Explicit,
    // One at a time keeps the order when an event has to come again.
    max_ack_pending: 1,
    // Of an event that a killed program had in its hands nobody hears for so long, nor of those after it.
    ack_wait: nanos(5_000),
    ...(since
      ? { deliver_policy: DeliverPolicy.StartTime, opt_start_time: new Date(since).toISOString() }
      : { deliver_policy: DeliverPolicy.All }),
  })
}

const bytes = await readFile(out).catch(() => Buffer.alloc(0))
// A program that was killed while it wrote leaves half a line behind; its event comes again.
const whole = bytes.subarray(0, bytes.lastIndexOf('\n') + 1)
if (whole.length < bytes.length) await truncate(out, whole.length)
const lines = whole.toString('utf8').split('\n')
const known = new Set(lines.flatMap(line => (line === '' ? [] : [(JSON.parse(line) as PlatformEvent).id])))

const consumer = await jetstream(platform.nats).consumers.get(stream, durable)
const messages = await consumer.consume()
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => messages.stop())
process.stdout.write(`following ${types}\n`)

for await (const message of messages) {
  try {
    const event = message.json<PlatformEvent>()
    // Delivered at least once; the file is where it is remembered that an event was handled.
    if (!known.has(event.id)) await appendFile(out, `${JSON.stringify(event)}\n`)
    known.add(event.id)
    message.ack()
  } catch (error) {
    process.stderr.write(`${(error as Error).message}; trying again\n`)
    message.nak(5_000)
  }
}
