import { eventually } from '@slipway/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { auditEvents } from '../chaos/event-audit.ts'
import { flow, patience, type Release } from './support/flow.ts'
import { expectTraces } from './support/traces.ts'

// Without fsync, PostgreSQL loses what it had just confirmed when it is killed.
const running = flow({ durable: true })
const { slipway } = running

const participants = ['exporter', 'catalog', 'coordinator', 'registry', 'gateway', 'nats', 'postgres'] as const
type Participant = (typeof participants)[number]
/** Where a release stands at the moment of the death. */
const phases = ['initializing', 'running', 'staged', 'publishing', 'canceling'] as const
type Phase = (typeof phases)[number]

/** Kills it without a word; it is started again by whoever watches over it. */
async function kill(participant: Participant): Promise<void> {
  const { platform } = slipway
  const server = participant === 'nats' ? platform.nats : participant === 'postgres' ? platform.postgres : undefined
  if (server) {
    await server.kill()
    await server.restart()
    return
  }
  const victim = platform.processes.find(({ service }) => service === participant)
  const before = victim?.restarts ?? 0
  victim?.kill('SIGKILL')
  await eventually(() => (victim?.restarts ?? 0) > before, patience)
}

/** Brings a release of each phase to where it belongs, kills, and follows all of them to their ends. */
async function killInEachPhase(participant: Participant): Promise<Map<Phase, Release>> {
  const { admin, tools, create, until, drive } = running
  const nameOf = (phase: Phase) => `${participant}-${phase}`
  const staged = await Promise.all(
    (['staged', 'publishing', 'canceling'] as const).map(async phase => {
      const id = await create(nameOf(phase))
      await drive(id, 'staged')
      return id
    }),
  )
  const [waiting, publishing, canceling] = staged as [string, string, string]
  const runs = await create(nameOf('running'))
  await until(runs, 'running')
  // Keeps the release there for as long.
  tools.on('initialize', { delayMs: 1_500 })
  tools.on('cancel', { delayMs: 1_000 })
  const initializing = await create(nameOf('initializing'))
  await until(initializing, 'initializing', 'running')
  const said = await Promise.all([
    admin.call('POST', `/releases/${publishing}/publish`),
    admin.call('DELETE', `/releases/${canceling}`),
  ])
  expect(said).toMatchObject([{ status: 200 }, { status: 200 }])

  await kill(participant)

  tools.on('initialize')
  const publish = async (id: string): Promise<Release> => {
    const { state } = await drive(id, 'staged', 'failed')
    if (state === 'staged') await admin.call('POST', `/releases/${id}/publish`)
    return drive(id, 'published', 'failed')
  }
  const ends = await Promise.all([
    publish(initializing),
    publish(runs),
    publish(waiting),
    drive(publishing, 'published', 'failed'),
    until(canceling, 'canceled', 'failed', 'published'),
  ])
  tools.on('cancel')
  return new Map(ends.map((end, index) => [phases[index] as Phase, end]))
}

const ended: Release[] = []

describe.each(participants)('when %s is killed', participant => {
  let ends: Map<Phase, Release>
  beforeAll(async () => {
    ends = await killInEachPhase(participant)
    ended.push(...ends.values())
  }, 600_000)

  it.each(phases)('a release that is %s ends whole or not at all', async phase => {
    const release = ends.get(phase) as Release
    // Whoever dies with a call unanswered has refused it; no call is under way for one that waits for people.
    const allowed = { staged: ['published'], canceling: ['canceled'] }[phase as string] ?? ['published', 'failed']
    expect(allowed, `${release.name}: ${JSON.stringify(release.tasks)}`).toContain(release.state)
    await expectTraces(running, release)
  })
})

describe('after all of that', () => {
  it('most releases were published', () => {
    const published = ended.filter(({ state }) => state === 'published')
    expect(published.length, JSON.stringify(ended)).toBeGreaterThan(ended.length / 2)
  })

  it('each affiliate has one mail for each version that was published, and none else', async () => {
    const published = ended.filter(({ state }) => state === 'published')
    const expected = published.flatMap(({ name, version }) =>
      running.parts.map(({ packageName }) => `Release notification: ${packageName} - ${name} ${version}`),
    )
    // A mail whose receipt got lost with its sender comes again, under its id.
    const sent = () => {
      const mails = running.mails.mails.filter(({ subject }) => subject.startsWith('Release notification'))
      expect(new Set(mails.flatMap(({ recipients }) => recipients))).toEqual(new Set(['ann@example.org']))
      return [...new Map(mails.map(({ messageId, subject }) => [messageId, subject])).values()]
    }
    await eventually(() => expect(sent().toSorted()).toEqual(expected.toSorted()), patience)
  })

  it('every event was sent, and numbered once', async () => {
    const { written } = await eventually(async () => {
      const audit = await auditEvents(slipway.platform)
      expect(audit.unsent).toBe(0)
      expect(audit.received.toSorted()).toEqual(audit.written.map(event => event.event_id).toSorted())
      return audit
    }, patience)
    const numbers = Map.groupBy(written, ({ noun, aggregate }) => `${noun} ${aggregate}`)
    const wrong = [...numbers].filter(([, events]) => events.some(({ sequence }, index) => sequence !== index + 1))
    expect(wrong.map(([aggregate, events]) => [aggregate, events.map(({ sequence }) => sequence)])).toEqual([])
    for (const { kf_id, name } of ended) {
      const steps = (numbers.get(`release ${kf_id}`) ?? []).map(({ verb }) => verb)
      expect(new Set(steps).size, `${name}: ${steps}`).toBe(steps.length)
    }
  })
})
