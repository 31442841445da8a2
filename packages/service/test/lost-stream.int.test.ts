import { rm } from 'node:fs/promises'
import { connectBus } from '@slipway/bus'
import { eventFilter, eventType, everybody, operation } from '@slipway/contracts'
import { appendEvents } from '@slipway/store'
import {
  captureLog,
  createDatabase,
  eventually,
  identityHandlers,
  startOwnNats,
  temporaryFolder,
} from '@slipway/testing'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { baseConfig } from '../src/config.ts'
import type { ServiceDefinition } from '../src/definition.ts'
import { handlerOf } from '../src/handler.ts'
import { startService } from '../src/start-service.ts'

const noted = eventType('note.taken', { summary: 'A note was taken', audience: everybody, data: z.object({}) })
const take = operation('exporter.note.take', {
  summary: 'Takes a note',
  effect: 'write',
  input: z.object({ id: z.string(), number: z.int() }),
  output: z.object({}),
})

it('has the events of a lost stream sent again by itself, and what follows them after them', async () => {
  await using folder = await temporaryFolder()
  await using nats = await startOwnNats({ dataDir: folder.path })
  await using database = await createDatabase({ migrations: [] })
  const { log } = captureLog()
  await using bus = await connectBus({ servers: nats.url, name: 'gateway', version: '1.0.0', log })
  await bus.serve(identityHandlers, { queue: 'gateway' })

  /** Only events that come for the first time. */
  const handled: string[] = []
  const definition = (consumes: boolean): ServiceDefinition<z.infer<typeof baseConfig>, unknown> => ({
    name: 'exporter',
    version: '1.0.0',
    config: baseConfig,
    migrations: [],
    build: ({ store }) => ({
      operations: [
        handlerOf(take, async ({ id, number }) => {
          const event = { noun: 'note', verb: 'taken', aggregate: id, sequence: number, actor: 'ada', data: {} }
          await store.transaction(tx => appendEvents(tx, [event]))
          return { body: {} }
        }),
      ],
      consumers: consumes
        ? [
            {
              durable: 'exporter-notes',
              filters: [eventFilter(noted)],
              async handle({ subject, sequence }) {
                handled.push(`${subject}${sequence}`)
              },
            },
          ]
        : [],
    }),
  })
  const env = {
    DATABASE_URL: database.url,
    NATS_URL: nats.url,
    SLIPWAY_SERVICE_HOST: '127.0.0.1',
    LOG_LEVEL: 'silent',
  }
  const messages = async () => (await bus.ensureStream()).lastSequence
  const takeNotes = async (...numbers: number[]) => {
    for (const number of numbers) await bus.call(take, { id: 'a', number })
  }

  const without = await startService(definition(false), env)
  await takeNotes(1, 2, 3)
  await eventually(async () => (await messages()) === 3)

  await nats.kill()
  await rm(`${folder.path}/streams`, { recursive: true })
  await nats.restart()
  await eventually(async () => (await messages()) === 3)
  await takeNotes(4)
  await eventually(async () => (await messages()) === 4)
  await without.stop()

  // Whoever had not read them from the stream that was lost finds them in the new one.
  const replicas = [await startService(definition(true), env), await startService(definition(true), env)]
  await eventually(() => handled.length === 4)
  expect(handled).toEqual(['a1', 'a2', 'a3', 'a4'])
  expect(await messages()).toBe(4)

  // Lost while nobody was there to see it.
  for (const replica of replicas) await replica.stop()
  await nats.kill()
  await rm(`${folder.path}/streams`, { recursive: true })
  await nats.restart()
  const after = [await startService(definition(true), env), await startService(definition(true), env)]
  await eventually(async () => (await messages()) === 4)
  await takeNotes(5)
  await eventually(() => handled.length === 5)
  expect(handled.at(-1)).toBe('a5')
  for (const replica of after) await replica.stop()
})
