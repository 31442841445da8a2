import type { TaskState } from '@slipway/participant'
import { describe, expect, it } from 'vitest'
import { answerTo, newsOf, progressOf } from './release-task.ts'

const states = ['initialized', 'running', 'staged', 'publishing', 'published', 'failed', 'canceled'] as const

describe('the answers to commands', () => {
  it('say yes to a repeated start, however far the work has come, but not after a cancel', () => {
    const yes = states.filter(state => answerTo('start', state) === 'running')
    expect(yes).toEqual(states.filter(state => state !== 'canceled'))
  })

  it('say yes to publish only where it was taken down', () => {
    const yes = states.filter(state => answerTo('publish', state) === 'publishing')
    expect(yes).toEqual(['publishing', 'published'])
  })
})

describe('progress', () => {
  it.each([
    [0, 0, 100],
    [0, 3, 0],
    [1, 3, 33],
    [299, 300, 99],
    [300, 300, 100],
  ])('%i of %i files is %i %', (done, all, percent) => {
    expect(progressOf(done, all)).toBe(percent)
  })
})

describe('news for the coordinator', () => {
  const news = (state: TaskState, progress: number, told_state: string | null, told_progress: number) =>
    newsOf({ state, progress, told_state, told_progress })

  it('is every state that it waits for, once', () => {
    for (const state of ['staged', 'published', 'failed', 'canceled'] as const) {
      expect(news(state, 100, null, 0)).toEqual({ state, progress: 100 })
      expect(news(state, 100, state, 100)).toBeUndefined()
    }
    expect(news('publishing', 100, 'staged', 100)).toBeUndefined()
  })

  it('is progress while it grows, with the state that it is of', () => {
    expect(news('running', 50, null, 0)).toEqual({ state: 'running', progress: 50 })
    expect(news('running', 50, null, 50)).toBeUndefined()
    expect(news('running', 0, null, 0)).toBeUndefined()
  })
})
