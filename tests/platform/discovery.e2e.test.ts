import { connect, type NatsConnection } from '@nats-io/transport-node'
import { serviceNames } from '@slipway/contracts'
import { type Platform, startPlatform } from '@slipway/local'
import { eventually, type TemporaryFolder, temporaryFolder } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let folder: TemporaryFolder
let platform: Platform
let nats: NatsConnection

beforeAll(async () => {
  folder = await temporaryFolder()
  platform = await startPlatform({ dataDir: folder.path, port: 0, quiet: true, durable: false })
  const { host, username: user, password: pass } = new URL(platform.natsUrl('operator'))
  nats = await connect({ servers: host, user, pass, inboxPrefix: `_INBOX.${user}` })
})
afterAll(async () => {
  await nats?.close()
  await platform?.stop()
  await folder?.[Symbol.asyncDispose]()
})

type Found = { readonly name: string; readonly endpoints?: readonly { readonly subject: string }[] }

/** Everybody who answers a discovery subject, as `nats micro list` asks. */
async function discover(subject: string): Promise<Found[]> {
  const answers: Found[] = []
  for await (const message of await nats.requestMany(subject, '', {
    maxWait: 1000,
    maxMessages: serviceNames.length,
  })) {
    answers.push(message.json())
  }
  return answers
}

describe('all five services', () => {
  it('are found on the bus', async () => {
    await eventually(async () => {
      const found = await discover('$SRV.PING')
      expect(found.map(({ name }) => name).sort()).toEqual([...serviceNames].sort())
    })
  })

  it.each(serviceNames)('%s is healthy and ready, and says what it can do', async service => {
    const [process] = platform.processes.filter(candidate => candidate.service === service)
    const health = `http://127.0.0.1:${process?.port}`
    expect(await (await fetch(`${health}/healthz`)).json()).toEqual({ status: 'ok' })
    expect((await fetch(`${health}/readyz`)).status).toBe(200)
    const [info] = await discover(`$SRV.INFO.${service}`)
    const subjects = (info?.endpoints ?? []).map(endpoint => endpoint.subject)
    expect(subjects).toContain(`slipway.v1.${service}.dead-letter.list`)
    // Its operations, and where it takes part in releases.
    for (const subject of subjects) expect(subject).toMatch(new RegExp(`^slipway(\\.v1|-tasks)\\.${service}\\.`))
  })
})
