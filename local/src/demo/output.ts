import type { WriteStream } from 'node:tty'
import { countText, type Progress, quarterOf, rateText } from './progress.ts'
import { changes, type ReleaseProgress } from './release-progress.ts'
import { openScreen } from './screen.ts'
import type { LineOptions } from './text-line.ts'
import { progressLine, view } from './view.ts'

/** Where the demo shows what happens: a live view on a terminal, a line for each change elsewhere. */
export type Output = {
  readonly live: boolean
  print(line: string): void
  show(before: ReleaseProgress | undefined, after: ReleaseProgress): void
  /** A piece of work that is under way. At its end its line stays. */
  progress(progress: Progress): void
  /** Leaves the last state where it is: what is printed from now on comes below it. */
  settle(): void
  close(): void
}

export function openOutput(stream: WriteStream, environment: NodeJS.ProcessEnv): Output {
  return stream.isTTY ? liveOutput(stream, !environment.NO_COLOR) : plainOutput(stream)
}

function plainOutput(stream: { write(text: string): unknown }): Output {
  const print = (line: string): void => void stream.write(`${line}\n`)
  let shown = ''
  return {
    live: false,
    print,
    show(before, after) {
      for (const line of changes(before, after)) print(line)
    },
    progress(progress) {
      const step = `${progress.label} ${quarterOf(progress)}`
      if (step === shown || quarterOf(progress) === 0) return
      shown = step
      const { label, done, total } = progress
      print(`${label}: ${countText(done)} of ${countText(total)} ${rateText(progress)}`.trimEnd())
    },
    settle() {},
    close() {},
  }
}

function liveOutput(stream: WriteStream, colour: boolean): Output {
  const screen = openScreen(stream)
  let lines: ((options: LineOptions) => string[]) | undefined
  const redraw = (): void => {
    // The last column stays free: terminals differ in what they do after writing into it.
    if (lines) screen.show(lines({ columns: (stream.columns || 80) - 1, colour }))
  }
  const settle = (): void => {
    if (lines) screen.settle()
    lines = undefined
  }
  stream.on('resize', redraw)
  return {
    live: true,
    print: screen.print,
    show(_before, after) {
      lines = options => view(after, options)
      redraw()
    },
    progress(progress) {
      lines = options => [progressLine(progress, options)]
      redraw()
      if (progress.done === progress.total) settle()
    },
    settle,
    close() {
      stream.off('resize', redraw)
      screen.close()
    },
  }
}
