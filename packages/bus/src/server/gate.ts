/** Runs jobs, so many at a time; further ones wait in line, so many at most. */
export type Gate = {
  /** False if there is no place left. What becomes of the job is its own business. */
  enter(job: () => Promise<void>): boolean
  /** Resolves when nothing runs and nothing waits. */
  idle(): Promise<void>
}

export function createGate(concurrency: number, backlog: number): Gate {
  const line: (() => Promise<void>)[] = []
  let idleListeners: (() => void)[] = []
  let running = 0

  function start(job: () => Promise<void>) {
    running += 1
    job().then(leave, leave)
  }

  function leave() {
    running -= 1
    const next = line.shift()
    if (next) return start(next)
    if (running > 0) return
    for (const listener of idleListeners) listener()
    idleListeners = []
  }

  return {
    enter(job) {
      if (running < concurrency) start(job)
      else if (line.length < backlog) line.push(job)
      else return false
      return true
    },
    idle: () => (running === 0 ? Promise.resolve() : new Promise(resolve => idleListeners.push(resolve))),
  }
}
