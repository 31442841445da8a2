import { spawn } from 'node:child_process'
import { open, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { failure } from '@slipway/contracts'
import { watch } from './watchdog.ts'

export type ServerCommand = {
  /** For messages, e.g. `PostgreSQL`. */
  readonly name: string
  readonly file: string
  readonly args: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  /** System user to run as; absent: ours. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined
  /** The server's own output is appended here, not piped to us: it must not block or die with its parent. */
  readonly logFile: string
  readonly stopSignal: 'INT' | 'TERM'
  /** Asked every few milliseconds until it says yes. */
  ready(pid: number): Promise<boolean>
}

export type ServerProcess = {
  readonly pid: number
  readonly running: boolean
  /** How it ended, e.g. `signal SIGKILL`. Never rejects. */
  readonly ended: Promise<string>
  /** Asks it to stop, kills it after `timeoutMs` (default 13,000). Returns at once when it is dead already. */
  stop(timeoutMs?: number): Promise<void>
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>
}

const readyTimeoutMs = 60_000
/** A database that has much to write down takes seconds, and what is killed has to recover at its next start. */
const stopTimeoutMs = 13_000

/**
 * Starts a server program in a session of its own and resolves when it is ready. Fails with `unavailable` and the end of
 * its log when it stops before that, or is not ready within 60 s.
 */
export async function startServerProcess(command: ServerCommand): Promise<ServerProcess> {
  const log = await open(command.logFile, 'a')
  const logStart = (await log.stat()).size
  const child = spawn(command.file, command.args, {
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
    cwd: '/',
    env: command.env ?? process.env,
    ...command.user,
  })
  let running = true
  const ended = new Promise<string>(resolve => {
    const end = (how: string) => {
      running = false
      resolve(how)
    }
    child.once('error', error => end(error.message))
    child.once('exit', (code, signal) => end(signal ? `signal ${signal}` : `exit code ${code}`))
  })
  await log.close()
  const { pid } = child
  const unwatch = pid === undefined ? () => {} : watch(pid, command.stopSignal)
  void ended.then(unwatch)

  const server: ServerProcess = {
    pid: pid ?? 0,
    get running() {
      return running
    },
    ended,
    async stop(timeoutMs = stopTimeoutMs) {
      if (!running) return
      child.kill(`SIG${command.stopSignal}`)
      const killer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
      await ended
      clearTimeout(killer)
    },
    async kill() {
      if (running) child.kill('SIGKILL')
      await ended
    },
  }

  const deadline = Date.now() + readyTimeoutMs
  while (running && !(pid !== undefined && (await command.ready(pid)))) {
    if (Date.now() > deadline) {
      await server.kill()
      throw failure(
        'unavailable',
        `${command.name} was not ready after ${readyTimeoutMs / 1000} s, see ${command.logFile}`,
      )
    }
    await Promise.race([delay(10), ended])
  }
  if (!running) {
    const output = (await readFile(command.logFile)).subarray(logStart).toString('utf8').trim()
    throw failure('unavailable', `${command.name} did not start (${await ended}): ${lastLines(output)}`, {
      cause: output,
    })
  }
  return server
}

/** What a server that did not start had written, in lower case. */
export function causeText(error: unknown): string {
  return error instanceof Error && typeof error.cause === 'string' ? error.cause.toLowerCase() : ''
}

function lastLines(output: string): string {
  return output === '' ? 'it wrote nothing' : output.split('\n').slice(-4).join(' | ')
}
