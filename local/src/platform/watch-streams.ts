import { statfs } from 'node:fs/promises'
import { connect } from '@nats-io/transport-node'
import type { NatsServer } from '@slipway/servers'

export type WatchStreamsOptions = {
  readonly server: Pick<NatsServer, 'port' | 'pid' | 'kill' | 'restart'>
  readonly credentials: { readonly user: string; readonly pass: string }
  /** Folder of its streams. */
  readonly folder: string
  readonly log: (line: string) => void
  /** Milliseconds between two looks, of which one is made at a time. Default 10,000. */
  readonly everyMs?: number
  /** Milliseconds that an answer may take. Default 5,000. */
  readonly answerMs?: number
  /** Looks without an answer after which the server is restarted. Default 6: a machine may be busy. */
  readonly maxSilent?: number
}

/** PostgreSQL needs no less for its next file; a server that is restarted on a full disk would only be so again. */
const leastBytes = 33_554_432

/**
 * Restarts a NATS whose streams do not answer any more. That is what a disk that was full leaves behind: some versions hold
 * a lock for ever then (2.9.10), others switch streams off until their next start. While the disk is full it is left alone,
 * because everything but the streams works.
 */
export function watchStreams(options: WatchStreamsOptions): { stop(): Promise<void> } {
  const { server, folder, log, everyMs = 10_000, answerMs = 5_000, maxSilent = 6 } = options
  let silent = 0
  let pid = server.pid
  let isLooking = false
  let restarting: Promise<void> | undefined
  let stopping = false

  async function look(): Promise<void> {
    const answers = await answersOf(options, answerMs)
    // One that was started since has not had its time yet.
    silent = answers || server.pid !== pid ? 0 : silent + 1
    pid = server.pid
    if (silent < maxSilent || !(await hasRoom(folder)) || stopping) return
    silent = 0
    log('the streams of NATS do not answer; starting it again')
    restarting = server.kill().then(server.restart)
    await restarting.catch(error => log(`NATS could not be started again: ${String(error)}`))
    pid = server.pid
  }

  const timer = setInterval(async () => {
    if (isLooking) return
    isLooking = true
    await look()
    isLooking = false
  }, everyMs)
  return {
    async stop() {
      stopping = true
      clearInterval(timer)
      await restarting?.catch(() => {})
    },
  }
}

async function answersOf({ server, credentials }: WatchStreamsOptions, timeout: number): Promise<boolean> {
  try {
    const connection = await connect({
      servers: `127.0.0.1:${server.port}`,
      ...credentials,
      inboxPrefix: `_INBOX.${credentials.user}`,
      timeout,
      reconnect: false,
      name: 'slipway launcher',
    })
    try {
      await connection.request('$JS.API.STREAM.INFO.SLIPWAY', '', { timeout })
      return true
    } finally {
      await connection.close()
    }
  } catch {
    return false
  }
}

async function hasRoom(folder: string): Promise<boolean> {
  const room = await statfs(folder).catch(() => undefined)
  return room === undefined || room.blocks === 0 || room.bavail * room.bsize >= leastBytes
}
