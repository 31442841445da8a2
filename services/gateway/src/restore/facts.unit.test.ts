import type { Bus } from '@slipway/bus'
import { type ErrorCode, failure, type RestoreFact } from '@slipway/contracts'
import { expect, it } from 'vitest'
import { factsOver } from './facts.ts'

type Page = { readonly facts: readonly RestoreFact[]; readonly next: string | null }

/** A bus on which a service gives these answers, then the last one for ever; what it was asked. */
function answering(answers: readonly (Page | ErrorCode)[], patienceMs?: number) {
  const asked: unknown[] = []
  const call = async (_: unknown, input: unknown) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)] as Page | ErrorCode
    asked.push(input)
    if (typeof answer === 'string') throw failure(answer, 'No.')
    return answer
  }
  const factsOf = factsOver({ call } as unknown as Bus, {}, patienceMs)
  async function ids(of?: readonly string[]) {
    const found: string[] = []
    for await (const page of factsOf('exporter', 'task', of)) found.push(...page.map(({ id }) => id))
    return found
  }
  return { asked, ids }
}

const page = (id: string, next: string | null = null): Page => ({ facts: [{ id }], next })

it('asks page by page', async () => {
  const { asked, ids } = answering([page('1', 'after 1'), page('2')])
  expect(await ids(['1', '2'])).toEqual(['1', '2'])
  const of = ['1', '2']
  expect(asked).toEqual([
    { kind: 'task', after: '', of },
    { kind: 'task', after: 'after 1', of },
  ])
})

it('waits for a service that restarts in the middle', async () => {
  const { ids } = answering([page('1', '1'), 'unavailable', 'timeout', 'busy', page('2')])
  expect(await ids()).toEqual(['1', '2'])
})

it('says which one is away', async () => {
  const { ids } = answering([page('1', '1'), 'unavailable'], 0)
  await expect(ids()).rejects.toMatchObject({
    status: 503,
    message: expect.stringMatching(/^The exporter does not say/),
  })
})

it.each(['invalid', 'bad_upstream'] as const)('says which one is of another version when it answers %s', async code => {
  const { ids } = answering([code])
  await expect(ids()).rejects.toMatchObject({
    status: 502,
    message: expect.stringMatching(/^The exporter does not und/),
  })
})

it('hands on what is the fault of who asks', async () => {
  const { asked, ids } = answering(['forbidden'])
  await expect(ids()).rejects.toMatchObject({ status: 403 })
  expect(asked).toHaveLength(1)
})
