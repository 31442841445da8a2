import { expect, test, vi } from 'vitest'
import { type Deadline, monotonic, watchDeadlines } from './deadlines.ts'

function deadline(inMs: number) {
  return {
    dueAt: monotonic() + inMs,
    due: vi.fn<Deadline['due']>(),
    disconnected: vi.fn<NonNullable<Deadline['disconnected']>>(),
  }
}

test('what is due is called until it is deleted or moved; the rest is not', async () => {
  const deadlines = watchDeadlines()
  const [soon, moved, deleted, later] = [deadline(1), deadline(1), deadline(1), deadline(60_000)]
  moved.due.mockImplementation(() => {
    moved.dueAt = Number.POSITIVE_INFINITY
  })
  for (const one of [soon, moved, deleted, later]) deadlines.add(one)
  deadlines.delete(deleted)
  await vi.waitFor(() => expect(soon.due.mock.calls.length).toBeGreaterThan(1), { timeout: 60_000 })
  expect(moved.due).toHaveBeenCalledOnce()
  expect(deleted.due).not.toHaveBeenCalled()
  expect(later.due).not.toHaveBeenCalled()
  deadlines.disconnected()
  expect(later.disconnected).toHaveBeenCalledOnce()
  deadlines.stop()
  expect(later.due).toHaveBeenCalledWith(Number.POSITIVE_INFINITY)
})

test('the timer rests while nothing is watched, and starts again', async () => {
  const deadlines = watchDeadlines()
  const first = deadline(0)
  first.due.mockImplementation(() => deadlines.delete(first))
  deadlines.add(first)
  await vi.waitFor(() => expect(first.due).toHaveBeenCalledOnce(), { timeout: 60_000 })
  const second = deadline(0)
  second.due.mockImplementation(() => deadlines.delete(second))
  deadlines.add(second)
  await vi.waitFor(() => expect(second.due).toHaveBeenCalledOnce(), { timeout: 60_000 })
})
