/** Signals that end the launcher. SIGHUP: the terminal was closed. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * npm passes on the signals that a terminal has already sent to the whole group, so that one Ctrl-C arrives twice. Only
 * what comes later than this is a second wish.
 */
const echoMs = 1_000
const parentCheckMs = 250

export type Interruption = {
  /** Aborted by the first signal; the reason is its name. */
  readonly signal: AbortSignal
  /** Resolves with the first signal. */
  readonly first: Promise<NodeJS.Signals>
}

/**
 * Listens for the signals that end a program. A second one, at least a second later, calls `hardStop`. Started by npm, the
 * end of our parent counts as SIGTERM, too: npm passes that on to its shell only, which may die without a word to us.
 */
export function onInterruption(hardStop: () => void): Interruption {
  const controller = new AbortController()
  const first = Promise.withResolvers<NodeJS.Signals>()
  let since = 0

  const interrupt = (name: NodeJS.Signals): void => {
    if (since === 0) {
      since = Date.now()
      first.resolve(name)
      controller.abort(new Error(`stopped by ${name}`))
    } else if (Date.now() - since > echoMs) {
      hardStop()
    }
  }
  for (const name of signals) process.on(name, () => interrupt(name))

  if (process.env.npm_lifecycle_event !== undefined) {
    const parent = process.ppid
    const watch = setInterval(() => {
      if (process.ppid === parent) return
      clearInterval(watch)
      interrupt('SIGTERM')
    }, parentCheckMs)
    watch.unref()
  }
  return { signal: controller.signal, first: first.promise }
}
