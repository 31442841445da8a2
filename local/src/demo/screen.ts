/** A few lines at the bottom of a terminal that are redrawn in place, below lines that stay. */
export type Screen = {
  /** Shows these lines instead of the former ones, at most 25 times a second. */
  show(lines: readonly string[]): void
  /** Writes a line that stays, above the live ones. */
  print(line: string): void
  /** The live lines become lines that stay. */
  settle(): void
  /** Draws what is left to draw and leaves the live lines where they are. */
  close(): void
}

export type Terminal = { write(text: string): unknown }

const frameMs = 40
const csi = '\u001b['
const hideCursor = `${csi}?25l`
const showCursor = `${csi}?25h`

/**
 * The text that turns the last frame into the next one: back to its first line, each line written over and cleared to its
 * end, the rest cleared. Written at once and marked as one update, it does not flicker.
 */
export function frame(previousLines: number, lines: readonly string[]): string {
  const back = previousLines > 0 ? `${csi}${previousLines}A` : ''
  const body = lines.map(line => `\r${line}${csi}K\n`).join('')
  return `${csi}?2026h${back}${body}${csi}J${csi}?2026l`
}

export function openScreen(terminal: Terminal): Screen {
  let shown: readonly string[] = []
  let next: readonly string[] | undefined
  let timer: NodeJS.Timeout | undefined
  terminal.write(hideCursor)

  const draw = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (!next) return
    terminal.write(frame(shown.length, next))
    shown = next
    next = undefined
  }
  return {
    show(lines) {
      next = lines
      timer ??= setTimeout(draw, frameMs)
    },
    print(line) {
      next ??= shown
      terminal.write(frame(shown.length, [line]))
      shown = []
      draw()
    },
    settle() {
      draw()
      shown = []
    },
    close() {
      draw()
      terminal.write(showCursor)
    },
  }
}
