import { write, writeSync } from 'node:fs'
import type { DestinationStream } from 'pino'

/** Its descriptor. */
const standardOutput = 1
/** Characters of lines that are kept while none can be written. */
const maxKept = 8_388_608
/** Milliseconds until a write that failed is tried again, and how often at the end of the process. */
const retryMs = 500
const lastTryMs = 10
const lastTries = 50

export type LogOutput = DestinationStream & {
  /** Called with their number, as soon as lines can be written again, when some had to be left out. */
  onLost(listener: (lines: number) => void): void
}

let opened: LogOutput | undefined

/** The log output of this process: it has one standard output, whatever number of logs. */
export function logOutput(): LogOutput {
  opened ??= openLogOutput()
  return opened
}

/**
 * Standard output for log lines, written in their order and without blocking. A full disk or a reader that has gone away ends
 * no service and holds up no end: lines are kept and written when that works again; beyond eight megabytes of them new ones are
 * left out and counted. At the end of the process what is left is written, if it can be.
 */
function openLogOutput(): LogOutput {
  let waiting: string[] = []
  let length = 0
  let underWay: Buffer | undefined
  let isWriting = false
  let lost = 0
  let tellLost: (lines: number) => void = () => {}

  function writeNext(): void {
    if (!underWay) {
      if (waiting.length === 0) return
      underWay = Buffer.from(waiting.join(''))
      waiting = []
      length = 0
    }
    isWriting = true
    write(standardOutput, underWay, (error, written) => {
      isWriting = false
      if (error) return void setTimeout(retry, retryMs).unref()
      keepRest(written)
      if (lost > 0 && !underWay) {
        const lines = lost
        lost = 0
        tellLost(lines)
      }
      retry()
    })
  }

  function retry(): void {
    if (!isWriting) writeNext()
  }

  function keepRest(written: number): void {
    const rest = underWay?.subarray(written)
    underWay = rest?.length ? rest : undefined
  }

  process.once('exit', () => {
    // What a thread is writing at this moment is written by it.
    const rest = Buffer.concat([...(underWay && !isWriting ? [underWay] : []), Buffer.from(waiting.join(''))])
    writeLast(rest)
  })

  return {
    write(line) {
      if (length + line.length > maxKept) {
        lost += 1
        return
      }
      waiting.push(line)
      length += line.length
      // After a failure the next try comes with the timer.
      if (!isWriting && !underWay) writeNext()
    },
    onLost(listener) {
      tellLost = listener
    },
  }
}

/** Pipes may be full for a moment; for anything else no process stays. */
function writeLast(bytes: Buffer): void {
  const pause = new Int32Array(new SharedArrayBuffer(4))
  for (let tries = 0, from = 0; from < bytes.length && tries < lastTries; ) {
    try {
      from += writeSync(standardOutput, bytes, from)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return
      tries += 1
      Atomics.wait(pause, 0, 0, lastTryMs)
    }
  }
}
