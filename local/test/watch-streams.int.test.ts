import { join } from 'node:path'
import { connect } from '@nats-io/transport-node'
import { eventually, temporaryFolder } from '@slipway/testing'
import { expect, onTestFinished, test } from 'vitest'
import { startOwnNats } from '../src/platform/nats-server.ts'
import { watchStreams } from '../src/platform/watch-streams.ts'

test('a NATS whose streams do not answer is started again, and one that answers is left alone', async () => {
  const folder = await temporaryFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  const { server, access } = await startOwnNats({
    ...{ dataDir: folder.path, port: undefined, config: undefined, log, onExit: log },
  })
  onTestFinished(() => server.stop())
  const credentials = { user: 'operator', pass: access.passwords.operator ?? '' }
  const timing = { everyMs: 50, answerMs: 1_000, maxSilent: 3 }
  let looks = 0
  const watched = {
    get port() {
      looks += 1
      return server.port
    },
    get pid() {
      return server.pid
    },
    kill: server.kill,
    restart: server.restart,
  }
  const watch = watchStreams({ server: watched, credentials, folder: join(folder.path, 'nats'), log, ...timing })
  onTestFinished(() => watch.stop())

  const first = server.pid
  await eventually(() => looks > 3 * timing.maxSilent)
  expect(server.pid).toBe(first)

  process.kill(first, 'SIGSTOP')
  await eventually(() => lines.includes('the streams of NATS do not answer; starting it again'), { timeoutMs: 30_000 })
  await eventually(() => server.pid !== first && server.pid !== 0, { timeoutMs: 30_000 })
  const asked = await connect({ servers: `127.0.0.1:${server.port}`, ...credentials, inboxPrefix: '_INBOX.operator' })
  onTestFinished(() => asked.close())
  expect((await asked.request('$JS.API.INFO')).string()).toContain('"streams":0')
})
