import { failure } from '@slipway/contracts'
import { type ProgramOptions, type Run, startProgram } from './program.ts'

export type SupervisorOptions = Omit<ProgramOptions, 'readyTimeoutMs'> & {
  /** Start it again when it dies. Default true. */
  readonly restart?: boolean
  /** Default 90,000: a machine may do other things beside. */
  readonly readyTimeoutMs?: number
  /** Pause before it is started again: the first, doubled with each death, up to `max`. Default 200 and 5,000 ms. */
  readonly backoffMs?: { readonly first: number; readonly max: number }
  readonly log: (line: string) => void
}

/** `waiting`: it died and is started again soon. `ended`: it was stopped, or died and is not started again. */
export type ProcessState = 'starting' | 'ready' | 'waiting' | 'ended'

export type SupervisedProcess = {
  readonly name: string
  readonly logFile: string
  /** Of the current run; 0 while none is there. */
  readonly pid: number
  /** Port of the last ready line; 0 before the first. */
  readonly port: number
  readonly state: ProcessState
  /** How often it was started again after it had died. */
  readonly restarts: number
  /** Resolves with the port once the current run, or the next one, is ready. `unavailable` when none will be. */
  whenReady(): Promise<number>
  /** Sends a signal, SIGKILL if none is named. For signals that end a program: resolves when that run is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** SIGTERM, after `timeoutMs` (default 12,000) SIGKILL; it is not started again. Resolves when it is gone. */
  stop(timeoutMs?: number): Promise<void>
  /** Stops it as `stop` does and starts it again. Resolves when it is ready. */
  restart(timeoutMs?: number): Promise<void>
}

/** A run that lasted this long was a success: the next death starts with the shortest pause again. */
const stableMs = 10_000
const harmless: readonly NodeJS.Signals[] = ['SIGSTOP', 'SIGCONT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH']

/**
 * Starts a program and keeps it running. If its first run does not become ready, it is given up: whatever is wrong then
 * would be wrong the next time. `whenReady` tells.
 */
export function supervise(options: SupervisorOptions): SupervisedProcess {
  const { name, log, restart = true } = options
  const backoff = options.backoffMs ?? { first: 200, max: 5_000 }
  let run: Run | undefined
  /** Resolves when the end of the current run has been dealt with. */
  let over: Promise<void> = Promise.resolve()
  let asked: Run | undefined
  let starting: Promise<void> = Promise.resolve()
  let state: ProcessState = 'starting'
  let port = 0
  let restarts = 0
  let pause = backoff.first
  let timer: NodeJS.Timeout | undefined
  let wanted = true
  let readiness = newReadiness()

  const giveUp = (error: unknown): void => {
    state = 'ended'
    wanted = false
    readiness.reject(error)
    // Whoever asks from now on must not hear of a run that was ready once.
    readiness = newReadiness()
    readiness.reject(error)
  }

  const launch = async (first: boolean): Promise<void> => {
    const since = Date.now()
    state = 'starting'
    const mine = await startProgram({ ...options, readyTimeoutMs: options.readyTimeoutMs ?? 90_000 })
    run = mine
    mine.ready.then(
      ready => {
        port = ready
        if (run === mine && wanted) state = 'ready'
        readiness.resolve(ready)
      },
      error => {
        if (wanted && first) giveUp(error)
        else if (wanted) log(`${name} did not become ready: ${String(error)}`)
        mine.signal('SIGKILL')
      },
    )
    over = mine.ended.then(how => onEnd(mine, how, Date.now() - since))
  }

  const onEnd = async (mine: Run, how: string, lastedMs: number): Promise<void> => {
    const wasReady = await mine.ready.then(
      () => true,
      () => false,
    )
    if (run === mine) run = undefined
    if (!wanted) return
    const why = failure('unavailable', `${name} ended (${how})`)
    if (!restart) return giveUp(why)
    if (lastedMs > stableMs) pause = backoff.first
    log(`${name} ended (${how}), starting it again in ${pause} ms (restart ${restarts + 1})`)
    if (wasReady) readiness = newReadiness()
    launchLater()
  }

  const launchLater = (): void => {
    state = 'waiting'
    timer = setTimeout(() => {
      restarts += 1
      // The machine may be short of files, processes or room on the disk for a while.
      starting = launch(false).catch(error => {
        log(`${name} cannot be started: ${String(error)}`)
        if (wanted) launchLater()
      })
    }, pause)
    pause = Math.min(pause * 2, backoff.max)
  }

  const start = (first: boolean): void => {
    wanted = true
    starting = launch(first).catch(giveUp)
  }

  const stop = async (timeoutMs = 12_000): Promise<void> => {
    if (wanted) giveUp(failure('unavailable', `${name} was stopped`))
    clearTimeout(timer)
    const killer = setTimeout(() => run?.signal('SIGKILL'), timeoutMs)
    await starting
    // Once a run, however often a stop is asked for: programs take a second signal as the wish to end at once.
    if (run && asked !== run) {
      asked = run
      run.signal('SIGTERM')
    }
    await over
    clearTimeout(killer)
  }

  start(true)
  return {
    name,
    logFile: options.logFile,
    get pid() {
      return run?.pid ?? 0
    },
    get port() {
      return port
    },
    get state() {
      return state
    },
    get restarts() {
      return restarts
    },
    whenReady: () => readiness.promise,
    async kill(signal = 'SIGKILL') {
      await starting
      const end = over
      run?.signal(signal)
      if (!harmless.includes(signal)) await end
    },
    stop,
    async restart(timeoutMs) {
      await stop(timeoutMs)
      readiness = newReadiness()
      start(true)
      await readiness.promise
    },
  }
}

function newReadiness(): PromiseWithResolvers<number> {
  const readiness = Promise.withResolvers<number>()
  readiness.promise.catch(() => {})
  return readiness
}
