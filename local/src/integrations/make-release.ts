import { parseArgs } from 'node:util'
import { connectToPlatform, type PlatformEvent, settingsFromEnvironment } from './platform-connection.ts'

/*
 * Makes a release, follows it by its events, publishes it when everything is ready, and says under which version:
 *
 *   npm run make-release -- --name Spring --study SD_00000001 [--study …] [--id spring-2026]
 *
 * Run again with the same --id it goes on with the same release, for a day.
 */
const { values } = parseArgs({
  options: {
    name: { type: 'string', default: 'A release' },
    study: { type: 'string', multiple: true, default: [] },
    id: { type: 'string', default: crypto.randomUUID() },
  },
})
const { name, study: studies, id } = values

type Release = { readonly kf_id: string; readonly state: string; readonly version: string }

await using platform = await connectToPlatform(settingsFromEnvironment())
const { nats, call } = platform

// Before the release is there, so that nothing of it is missed.
const events = nats.subscribe('slipway.v1.event.release.*.*')
await nats.flush()
const body = { name, studies, author: 'integration' }
const created = await call<Release>('coordinator.release.create', { body }, id)
process.stdout.write(`${created.kf_id} created\n`)

async function advance({ kf_id, state, version }: Release): Promise<boolean> {
  if (state === 'staged') await call('coordinator.release.publish', { kf_id }, `${id}-publish`)
  if (state === 'published') process.stdout.write(`${kf_id} published as ${version}\n`)
  if (state === 'failed' || state === 'canceled') {
    process.stdout.write(`${kf_id} ${state}\n`)
    process.exitCode = 1
  }
  return ['published', 'failed', 'canceled'].includes(state)
}

// It may have come further in a run before this one.
const current = await call<Release>('coordinator.release.get', { kf_id: created.kf_id })
if (!(await advance(current))) {
  for await (const message of events) {
    const { subject, data } = message.json<PlatformEvent>()
    if (subject !== created.kf_id) continue
    const { state, version } = data as Pick<Release, 'state' | 'version'>
    process.stdout.write(`${subject} ${state}\n`)
    if (await advance({ kf_id: subject, state, version })) break
  }
}
