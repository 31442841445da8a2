import { appendFile, readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connectToPlatform, type PlatformEvent, settingsFromEnvironment } from './platform-connection.ts'

/*
 * Appends every event to a file, once, whatever happens meanwhile to this program, the broker or the platform:
 *
 *   node local/src/integrations/follow-events.ts --durable integration --out events.jsonl [--types 'release.*']
 *
 * With --since 2026-11-20T00:00:00Z it begins anew from there: events are kept for days and can be read again.
 */
const { values } = parseArgs({
  options: {
    durable: { type: 'string', default: 'integration' },
    types: { type: 'string', default: '*.*' },
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
    ...(since
      ? { deliver_policy: DeliverPolicy.StartTime, opt_start_time: new Date(since).toISOString() }
      : { deliver_policy: DeliverPolicy.All }),
  })
}

const written = await readFile(out, 'utf8').catch(() => '')
const known = new Set(
  written.split('\n').flatMap(line => (line === '' ? [] : [(JSON.parse(line) as PlatformEvent).id])),
)

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
