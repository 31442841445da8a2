import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ServiceName, serviceNames } from '@slipway/contracts'
import type { NatsServer, PostgresServer } from '@slipway/servers'
import { openStore } from '@slipway/store'
import { captureLog, eventually, startOwnPostgres, type TemporaryFolder, temporaryFolder } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DeployedService, startDeployedService } from '../deploy/deployed-service.ts'
import { natsUrl, startDeployedNats } from '../deploy/nats-users.ts'
import { runProgram } from './support/program.ts'

/*
 * The programs of docs/integrations.md against the services, all of them with the users and permissions of
 * deploy/nats.conf.
 */
const study = 'SD_1NTEGRAT'
const services = {} as Record<ServiceName, DeployedService>
let postgres: PostgresServer
let nats: NatsServer
let folder: TemporaryFolder
let environment: Record<string, string>

beforeAll(async () => {
  ;[postgres, nats, folder] = await Promise.all([startOwnPostgres(), startDeployedNats(), temporaryFolder()])
  const accounts = [{ login: 'integration', token: 'token-of-integration', roles: ['ADMIN'] }]
  const own: Partial<Record<ServiceName, Record<string, string>>> = {
    // A program that is killed may take a while to come back on a busy machine.
    coordinator: { TASK_POLL_SECONDS: '1', COMMAND_TRIES: '8', TASK_POLL_TRIES: '60' },
    gateway: { SLIPWAY_HOST: '127.0.0.1', SLIPWAY_PORT: '0', SLIPWAY_ACCOUNTS: JSON.stringify(accounts) },
  }
  await Promise.all(
    serviceNames.map(async name => {
      services[name] = await startDeployedService(name, {
        DATABASE_URL: await postgres.ensureDatabase(`slipway_${name}`),
        NATS_URL: natsUrl(nats, name),
        ...own[name],
      })
    }),
  )
  const url = await postgres.ensureDatabase('slipway_coordinator')
  await using store = await openStore({ url, log: captureLog().log, name: 'test' })
  await store.write({ name: 'study', text: 'insert into study (kf_id, name, visible) values ($1, $1, true)' }, [study])
  environment = {
    NATS_URL: natsUrl(nats, 'integration'),
    SLIPWAY_TOKEN: 'token-of-integration',
  }
})
afterAll(async () => {
  for (const service of Object.values(services)) await service[Symbol.asyncDispose]()
  await nats?.[Symbol.asyncDispose]()
  await postgres?.[Symbol.asyncDispose]()
  await folder?.[Symbol.asyncDispose]()
})

const start = (name: string, ...options: string[]) => runProgram(name, options, environment)

type Written = { readonly id: string; readonly type: string; readonly subject: string; readonly time: string }
async function eventsIn(file: string): Promise<Written[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.split('\n').flatMap(line => (line.endsWith('}') ? [JSON.parse(line) as Written] : []))
}
const types = (events: readonly Written[], subject: string) =>
  events.filter(event => event.subject === subject).map(event => event.type.replace('slipway.v1.release.', ''))

describe('programs of others', () => {
  let release: string
  const whole = ['created', 'initializing', 'running', 'staged', 'publishing', 'published']

  it('take part in releases over the bus, and make them with their own credentials', async () => {
    const ledger = join(folder.path, 'ledger')
    await using service = start('release-ledger.ts', '--ledger', ledger)
    await service.says('ready nats://task-service.integration')
    const made = start('make-release.ts', '--name', 'Spring', '--study', study, '--id', 'spring')
    expect([await made.ended(), made.output]).toEqual([0, expect.stringContaining('published as 0.1.0')])
    release = made.output.split(' ')[0] as string
    expect(JSON.parse(await readFile(join(ledger, `${release}.json`), 'utf8'))).toEqual({
      release,
      name: 'Spring',
      studies: [study],
    })
    // The same again is the same release.
    const again = start('make-release.ts', '--name', 'Spring', '--study', study, '--id', 'spring')
    expect([await again.ended(), again.output]).toEqual([0, `${release} created\n${release} published as 0.1.0\n`])
  })

  it('take part again after they were killed in the middle, without being registered twice', async () => {
    const options = ['--ledger', join(folder.path, 'ledger')]
    const first = start('release-ledger.ts', ...options)
    await first.says('ready')
    const made = start('make-release.ts', '--study', study)
    await made.says('initializing')
    await first.kill()
    await using second = start('release-ledger.ts', ...options)
    await second.says('ready')
    expect([await made.ended(), made.output]).toEqual([0, expect.stringContaining('published as 0.2.0')])
    const list = await fetch(`http://127.0.0.1:${services.gateway.port}/task-services`)
    expect(((await list.json()) as { results: unknown[] }).results).toHaveLength(1)
  })

  it('follow events once each, go on where they were killed, and begin anew', async () => {
    const out = join(folder.path, 'events.jsonl')
    const options = ['--types', 'release.*', '--out', out]
    const first = start('follow-events.ts', ...options)
    await eventually(async () => expect(types(await eventsIn(out), release)).toEqual(whole))
    await first.kill()
    // As if it had been killed in the middle of a line.
    await appendFile(out, '{"id":"half of')
    const made = start('make-release.ts', '--name', 'Summer', '--study', study)
    // Nobody does its part now, so it cannot come further than this; the events wait for their reader.
    await made.says('initializing')
    await using second = start('follow-events.ts', ...options)
    const newest = made.output.split(' ')[0] as string
    await eventually(async () => expect(types(await eventsIn(out), newest)).toContain('created'))
    await made.kill()
    const written = await eventsIn(out)
    expect(new Set(written.map(event => event.id)).size).toBe(written.length)

    await second[Symbol.asyncDispose]()
    const replayed = join(folder.path, 'replayed.jsonl')
    const since = written.find(event => event.subject === newest)?.time as string
    await using third = start('follow-events.ts', '--types', 'release.*', '--out', replayed, '--since', since)
    await eventually(async () => expect(types(await eventsIn(replayed), newest)).toContain('created'))
    expect(types(await eventsIn(replayed), release)).toEqual([])
    expect(third.output).not.toContain('trying again')
  })

  it('are told when their credentials are not good, and can do no more than their user may', async () => {
    const wrong = runProgram('make-release.ts', ['--study', study], { ...environment, SLIPWAY_TOKEN: 'wrong' })
    expect([await wrong.ended(), wrong.output]).toEqual([1, expect.stringContaining('The token is not valid.')])
    const foreign = start('follow-events.ts', '--durable', 'gateway-stream', '--since', '2026-01-01T00:00:00Z')
    expect([await foreign.ended(), foreign.output]).toEqual([1, expect.stringMatching(/permissions? violation/i)])
    for (const name of serviceNames) {
      expect(services[name].lines.filter(line => /permissions violation/i.test(line))).toEqual([])
    }
  })
})
