import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { failure } from '@slipway/contracts'
import { followLines, lastLines, openLogFile } from './log-file.ts'

/** A Node program: `args` follow the launcher's own options of `node`. */
export type Program = { readonly cwd: string; readonly args: readonly string[] }

export type ProgramOptions = {
  /** For messages and the log file's name, e.g. `coordinator-1`. */
  readonly name: string
  readonly program: Program
  readonly env: NodeJS.ProcessEnv
  readonly logFile: string
  /** Milliseconds until the ready line must have been written. */
  readonly readyTimeoutMs: number
}

/** One run of a program, from spawn to exit. */
export type Run = {
  readonly pid: number
  /** How it ended, e.g. `signal SIGKILL` or `exit code 1`. Never rejects. */
  readonly ended: Promise<string>
  /** Port of its ready line. `unavailable`, with the end of its log, when it ends before that or is too late. */
  readonly ready: Promise<number>
  signal(signal: NodeJS.Signals): void
}

const guard = new URL('orphan-guard.ts', import.meta.url).href
const quotedLines = 12

/**
 * Starts a program in a session of its own, so that Ctrl-C in a terminal reaches the launcher only and services stop in
 * their order. Its output goes straight to the log file: a busy launcher never holds a service back, and the last words
 * of a program survive whatever happens here.
 */
export async function startProgram(options: ProgramOptions): Promise<Run> {
  const { name, program, logFile } = options
  const { log, size: offset } = await openLogFile(logFile)
  const child = spawn(process.execPath, ['--enable-source-maps', '--import', guard, ...program.args], {
    cwd: program.cwd,
    env: options.env,
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
    detached: true,
  })
  const ended = endOf(child)
  await log.close()

  let over: string | undefined
  void ended.then(how => {
    over = how
  })
  const ready = async (): Promise<number> => {
    const newLines = followLines(logFile, offset)
    let deadline = Date.now() + options.readyTimeoutMs
    for (;;) {
      // Asked before reading: what a program wrote before its end is read in any case.
      const wasOver = over !== undefined
      const wasLate = Date.now() > deadline
      for (const line of await newLines()) {
        const { event, port } = eventOf(line)
        if (event === 'ready' && port !== undefined && over === undefined) return port
        // A migration takes the time that it needs.
        if (event === 'migrating') deadline = Number.POSITIVE_INFINITY
        if (event === 'migrated') deadline = Date.now() + options.readyTimeoutMs
      }
      // What was written in time has moved the deadline, however late it is read.
      if (wasOver || (wasLate && Date.now() > deadline)) break
      await Promise.race([delay(20), ended])
    }
    const how = over === undefined ? `was not ready after ${options.readyTimeoutMs / 1000} s` : `ended (${over})`
    const said = await lastLines(logFile, offset, quotedLines)
    const words = said.length > 0 ? `its last words:\n${said.map(line => `  ${line}`).join('\n')}` : 'it wrote nothing'
    throw failure('unavailable', `${name} ${how}; log ${logFile}, ${words}`)
  }
  const readiness = ready()
  // Whoever is interested asks; a run that nobody waits for must not end the launcher.
  readiness.catch(() => {})
  return {
    pid: child.pid ?? 0,
    ended,
    ready: readiness,
    signal(signal) {
      if (over === undefined) child.kill(signal)
    },
  }
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise(resolve => {
    child.once('error', error => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`))
  })
}

/**
 * Every service writes one JSON line with `"event":"ready"` and its `"port"` when it can do its work, and before that
 * one with `migrating` and one with `migrated` around each change of its tables.
 */
function eventOf(line: string): { readonly event?: unknown; readonly port?: number } {
  if (!line.startsWith('{') || !/"event":"(?:ready|migrat)/.test(line)) return {}
  try {
    const { event, port } = JSON.parse(line) as { event?: unknown; port?: unknown }
    return { event, ...(typeof port === 'number' && { port }) }
  } catch {
    return {}
  }
}
