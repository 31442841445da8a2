import { describe, expect, it } from 'vitest'
import { decideDelete, decideRead, decideStart, type ExportState, type ExportStatus } from './export.ts'

const status = (state: ExportState, more: Partial<ExportStatus> = {}): ExportStatus => ({
  state,
  askedBy: 'command',
  failedMs: null,
  ...more,
})

describe('reading', () => {
  it.each([
    ['ready', 200],
    ['queued', 208],
    ['running', 208],
    ['absent', 204],
  ] as const)('answers %s with %i', (state, expected) => {
    expect(decideRead(status(state), false).status).toBe(expected)
    expect(decideRead(status(state), true)).toEqual({ status: expected, queue: false })
  })

  it('queues a job where there is none, but not right after one failed', () => {
    expect(decideRead(status('absent'), false).queue).toBe(true)
    expect(decideRead(status('absent', { failedMs: 29_999 }), false).queue).toBe(false)
    expect(decideRead(status('absent', { failedMs: 30_000 }), false).queue).toBe(true)
  })
})

describe('asking', () => {
  it.each([
    ['absent', 'command', 'queue'],
    ['ready', 'command', 'recreate'],
    ['queued', 'command', 'conflict'],
    ['running', 'command', 'conflict'],
    ['queued', 'read', 'adopt'],
    ['running', 'read', 'adopt'],
  ] as const)('does to %s wanted by %s: %s', (state, askedBy, expected) => {
    expect(decideStart(status(state, { askedBy }))).toBe(expected)
  })
})

describe('deleting', () => {
  it.each([
    ['absent', 'missing'],
    ['ready', 'delete'],
    ['queued', 'cancel'],
    ['running', 'cancel'],
  ] as const)('does to %s: %s', (state, expected) => expect(decideDelete(status(state))).toBe(expected))
})
