import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { frame, openScreen } from './screen.ts'

const esc = '\u001b'
const sequence = new RegExp(`^${esc}\\[([?\\d]*)([A-Za-z])$`, 'u')
const tokens = new RegExp(`${esc}\\[[?\\d]*[A-Za-z]|[\\r\\n]|[^${esc}\\r\\n]+`, 'gu')

/** What a terminal shows of the sequences that the screen uses. */
function terminal() {
  const lines: string[] = ['']
  let row = 0
  let column = 0
  const writes: string[] = []
  const obey = (token: string): void => {
    const [, count, code] = sequence.exec(token) ?? []
    if (token === '\n') {
      row += 1
      // The system adds the carriage return when it writes to a terminal.
      column = 0
      lines[row] ??= ''
    } else if (token === '\r') column = 0
    else if (code === 'A') row -= Number(count)
    else if (code === 'K') lines[row] = (lines[row] ?? '').slice(0, column)
    else if (code === 'J') lines.splice(row, lines.length, (lines[row] ?? '').slice(0, column))
    else if (!code) {
      lines[row] =
        (lines[row] ?? '').slice(0, column).padEnd(column) + token + (lines[row] ?? '').slice(column + token.length)
      column += token.length
    }
  }
  return {
    writes,
    write(text: string) {
      writes.push(text)
      for (const token of text.match(tokens) ?? []) obey(token)
    },
    shown: () => lines.filter((line, index) => line !== '' || index < lines.length - 1),
  }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a frame is one update that goes back, writes over and clears the rest', () => {
  expect(frame(0, ['a'])).toBe('\u001b[?2026h\ra\u001b[K\n\u001b[J\u001b[?2026l')
  expect(frame(2, ['b'])).toBe('\u001b[?2026h\u001b[2A\rb\u001b[K\n\u001b[J\u001b[?2026l')
})

test('lines are replaced in place, also by fewer and shorter ones', () => {
  const screen = terminal()
  const { show, close } = openScreen(screen)
  show(['release running', 'task one 10 %', 'task two 10 %'])
  vi.runAllTimers()
  expect(screen.shown()).toEqual(['release running', 'task one 10 %', 'task two 10 %'])
  show(['release ok', 'task'])
  vi.runAllTimers()
  close()
  expect(screen.shown()).toEqual(['release ok', 'task'])
})

test('many changes at once are one frame, the last one', () => {
  const screen = terminal()
  const { show } = openScreen(screen)
  const before = screen.writes.length
  for (let percent = 0; percent <= 100; percent += 1) show([`${percent} %`])
  vi.runAllTimers()
  expect(screen.writes).toHaveLength(before + 1)
  expect(screen.shown()).toEqual(['100 %'])
})

test('printed lines stay above the live ones, settled lines stay where they are', () => {
  const screen = terminal()
  const { show, print, settle, close } = openScreen(screen)
  show(['live 1', 'live 2'])
  print('first')
  print('second')
  expect(screen.shown()).toEqual(['first', 'second', 'live 1', 'live 2'])
  show(['live 3'])
  settle()
  print('below')
  show(['new'])
  close()
  expect(screen.shown()).toEqual(['first', 'second', 'live 3', 'below', 'new'])
})

test('the cursor is hidden and comes back', () => {
  const screen = terminal()
  const { close } = openScreen(screen)
  expect(screen.writes).toEqual(['\u001b[?25l'])
  close()
  expect(screen.writes.at(-1)).toBe('\u001b[?25h')
})
