import { pino } from 'pino'

export type LauncherLog = Disposable & {
  /** Into the log file. */
  write(line: string): void
  /** Into the log file and, until `quieten`, to the person who waits for the start. */
  say(line: string): void
  quieten(): void
}

/** Bytes of lines that wait for room on a full disk; later ones are left out. */
const maxWaiting = 1_048_576

/** The launcher's own log, JSON lines like those of the services. A disk that is full ends no launcher. */
export function openLauncherLog(file: string, notify: (line: string) => void): LauncherLog {
  const destination = pino.destination({ dest: file, sync: true, maxLength: maxWaiting })
  // It keeps the line and writes it with the next one.
  destination.on('error', () => {})
  const log = pino(
    {
      base: { service: 'launcher', pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
    },
    destination,
  )
  let heard = true
  let open = true
  // Servers that are being closed may still have something to say.
  const write = (line: string): void => {
    if (open) log.info(line)
  }
  return {
    write,
    say(line) {
      write(line)
      if (heard) notify(line)
    },
    quieten() {
      heard = false
    },
    [Symbol.dispose]() {
      if (!open) return
      open = false
      destination.end()
    },
  }
}
