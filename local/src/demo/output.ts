import type { WriteStream } from 'node:tty'
import { changes, type ReleaseProgress } from './release-progress.ts'
import { openScreen } from './screen.ts'
import { view } from './view.ts'

/** Where the demo shows what happens: a live view on a terminal, a line for each change elsewhere. */
export type Output = {
  readonly live: boolean
  print(line: string): void
  show(before: ReleaseProgress | undefined, after: ReleaseProgress): void
  /** Leaves the last state where it is: what is printed from now on comes below it. */
  settle(): void
  close(): void
}

export function openOutput(stream: WriteStream, environment: NodeJS.ProcessEnv): Output {
  return stream.isTTY ? liveOutput(stream, !environment.NO_COLOR) : plainOutput(stream)
}

function plainOutput(stream: { write(text: string): unknown }): Output {
  const print = (line: string): void => void stream.write(`${line}\n`)
  return {
    live: false,
    print,
    show(before, after) {
      for (const line of changes(before, after)) print(line)
    },
    settle() {},
    close() {},
  }
}

function liveOutput(stream: WriteStream, colour: boolean): Output {
  const screen = openScreen(stream)
  let last: ReleaseProgress | undefined
  const redraw = (): void => {
    // The last column stays free: terminals differ in what they do after writing into it.
    if (last) screen.show(view(last, { columns: (stream.columns || 80) - 1, colour }))
  }
  stream.on('resize', redraw)
  return {
    live: true,
    print: screen.print,
    show(_before, after) {
      last = after
      redraw()
    },
    settle() {
      if (last) screen.settle()
      last = undefined
    },
    close() {
      stream.off('resize', redraw)
      screen.close()
    },
  }
}
