import { describe, expect, it } from 'vitest'
import { isLost, judge, judgePoll } from './answer.ts'

const answer = (status: number, text = '') => ({ kind: 'answer', status, text }) as const
const unreachable = (reason: 'connect' | 'timeout' | 'forbidden' | 'too_large') =>
  ({ kind: 'unreachable', reason, message: `it is ${reason}` }) as const

describe('the answer of a task service', () => {
  it.each([
    ['initialize', answer(200), 'accepted'],
    ['initialize', answer(200, 'anything at all'), 'accepted'],
    ['initialize', answer(201), 'refused'],
    ['initialize', answer(302), 'refused'],
    ['initialize', answer(404), 'refused'],
    ['initialize', answer(500), 'refused'],
    ['start', answer(200), 'accepted'],
    ['start', answer(200, '{"state":"running"}'), 'accepted'],
    ['start', answer(200, '{"status":"fine"}'), 'accepted'],
    ['start', answer(200, '{"state":null}'), 'accepted'],
    ['start', answer(200, 'not json'), 'accepted'],
    ['start', answer(200, '{"state":"failed"}'), 'refused'],
    ['start', answer(200, '{"state":"publishing"}'), 'refused'],
    ['start', answer(500), 'refused'],
    ['publish', answer(200, '{"state":"publishing"}'), 'accepted'],
    ['publish', answer(200, '{"state":"running"}'), 'refused'],
    ['publish', answer(400), 'refused'],
    ['cancel', answer(400), 'accepted'],
    ['cancel', unreachable('timeout'), 'accepted'],
    ['initialize', answer(503), 'retry'],
    ['publish', unreachable('connect'), 'retry'],
    ['initialize', unreachable('timeout'), 'refused'],
    ['start', unreachable('too_large'), 'refused'],
    ['start', unreachable('forbidden'), 'refused'],
  ] as const)('to %s: %o is %s', (action, result, kind) => {
    expect(judge(action, result).kind).toBe(kind)
  })

  it('is missing when it may still come: nobody was there, or nothing was said in time', () => {
    const lost = [unreachable('connect'), unreachable('timeout'), answer(502), answer(503), answer(504)]
    const known = [answer(200), answer(404), answer(500), unreachable('forbidden'), unreachable('too_large')]
    expect([...lost, ...known].filter(isLost)).toEqual(lost)
  })

  it('leaves an entry in the log where the request failed, not where the service declined', () => {
    expect(judge('initialize', answer(400))).toEqual({ kind: 'refused' })
    expect(judge('initialize', unreachable('timeout'))).toEqual({ kind: 'refused', fault: 'it is timeout' })
    expect(judge('start', answer(404))).toEqual({ kind: 'refused', fault: 'answer with status 404' })
    expect(judge('start', answer(200, '{"state":"failed"}'))).toEqual({ kind: 'refused' })
  })
})

describe('the answer to a poll', () => {
  it.each([
    ['{"state":"running","progress":50}', { state: 'running', progress: 50 }],
    ['{"state":"running","progress":"50%"}', { state: 'running', progress: 50 }],
    ['{"state":"running","progress":"50"}', { state: 'running', progress: 50 }],
    ['{"state":"staged","progress":null}', { state: 'staged' }],
    ['{"progress":101}', {}],
    ['{"progress":-1}', {}],
    ['{"progress":"half"}', {}],
    ['{"progress":""}', {}],
    ['{"progress":true}', {}],
    ['{"state":5}', {}],
    ['{"files":[]}', { files: [] }],
    ['{"files":[{"name":"a","url":"s3://b/a","kind":"x"}]}', { files: [{ name: 'a', url: 's3://b/a' }] }],
    ['{"state":"staged","files":[{"name":"a","url":"file:///a"}]}', { state: 'staged' }],
    ['{"files":"all"}', {}],
    ['[]', {}],
    ['not json', {}],
    ['', {}],
  ])('%s', (text, said) => {
    expect(judgePoll(answer(200, text))).toEqual({ kind: 'said', ...said })
  })
  it.each([
    [unreachable('timeout'), 'silent'],
    [unreachable('connect'), 'failing'],
    [answer(500), 'failing'],
    [answer(404), 'lost'],
    [answer(403), 'lost'],
  ] as const)('%o is %s', (result, kind) => {
    expect(judgePoll(result).kind).toBe(kind)
  })
})
