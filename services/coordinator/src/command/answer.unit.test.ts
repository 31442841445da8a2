import { describe, expect, it } from 'vitest'
import { isLost, isUndelivered, judge, judgePoll, judgeStanding } from './answer.ts'

const answer = (status: number, text = '') => ({ kind: 'answer', status, text }) as const
const unreachable = (reason: 'connect' | 'lost' | 'timeout' | 'forbidden' | 'too_large') =>
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
    ['start', unreachable('lost'), 'retry'],
    ['cancel', unreachable('lost'), 'retry'],
    ['initialize', unreachable('timeout'), 'refused'],
    ['start', unreachable('too_large'), 'refused'],
    ['start', unreachable('forbidden'), 'refused'],
  ] as const)('to %s: %o is %s', (action, result, kind) => {
    expect(judge(action, result).kind).toBe(kind)
  })

  it('is missing when it may still come: nobody was there, or nothing was said in time', () => {
    const lost = [
      unreachable('connect'),
      unreachable('lost'),
      unreachable('timeout'),
      answer(502),
      answer(503),
      answer(504),
    ]
    const known = [answer(200), answer(404), answer(500), unreachable('forbidden'), unreachable('too_large')]
    expect([...lost, ...known].filter(isLost)).toEqual(lost)
  })

  it('is said to be refused with the reason', () => {
    const refused = (fault: object) => ({ kind: 'refused', fault })
    expect(judge('initialize', answer(400, 'no'))).toEqual(
      refused({ reason: 'answer with status 400', status: 400, answer: 'no' }),
    )
    expect(judge('initialize', unreachable('timeout'))).toEqual(refused({ reason: 'it is timeout' }))
    expect(judge('start', answer(404))).toEqual(refused({ reason: 'answer with status 404', status: 404 }))
    const wrong = '{"state":"failed","why":"disk full"}'
    expect(judge('start', answer(200, wrong))).toEqual(
      refused({ reason: 'answer with state failed instead of running', status: 200, answer: wrong }),
    )
    expect(judge('publish', answer(200, '{"state":[1]}'))).toMatchObject(
      refused({ reason: 'answer with state [1] instead of publishing' }),
    )
  })

  it('certainly never came to be where there was no connection', () => {
    const results = [unreachable('connect'), unreachable('forbidden'), unreachable('lost'), answer(503), answer(400)]
    expect(results.filter(isUndelivered)).toEqual([unreachable('connect'), unreachable('forbidden')])
  })
})

describe('after a request whose answer was lost, the answer to get_status', () => {
  const says = (state: unknown) => answer(200, JSON.stringify({ state, progress: 5 }))
  it.each([
    ['initialize', says('pending'), 'done'],
    ['initialize', says('initialized'), 'done'],
    ['initialize', says('waiting'), 'open'],
    ['initialize', answer(400, 'no such task'), 'open'],
    ['initialize', answer(500), 'open'],
    ['start', says('initialized'), 'open'],
    ['start', says('pending'), 'open'],
    ['start', says('running'), 'done'],
    ['start', says('staged'), 'done'],
    ['start', says('failed'), 'done'],
    ['start', says('canceled'), 'done'],
    ['start', says('banana'), 'open'],
    ['start', says(5), 'open'],
    ['start', answer(200, 'fine'), 'open'],
    ['start', unreachable('too_large'), 'open'],
    ['publish', says('running'), 'open'],
    ['publish', says('staged'), 'open'],
    ['publish', says('publishing'), 'done'],
    ['publish', says('published'), 'done'],
    ['publish', answer(502), 'unknown'],
    ['publish', unreachable('connect'), 'unknown'],
    ['publish', unreachable('lost'), 'unknown'],
    ['publish', unreachable('timeout'), 'unknown'],
  ] as const)('to %s: %o leaves it %s', (action, result, kind) => {
    expect(judgeStanding(action, result).kind).toBe(kind)
  })
  it('is believed in full', () => {
    expect(judgeStanding('start', says('staged'))).toEqual({
      kind: 'done',
      said: { kind: 'said', state: 'staged', progress: 5 },
    })
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
    [unreachable('lost'), 'failing'],
    [answer(500), 'failing'],
    [answer(404), 'lost'],
    [answer(403), 'lost'],
  ] as const)('%o is %s', (result, kind) => {
    expect(judgePoll(result).kind).toBe(kind)
  })
  it('of a failure keeps what else was said', () => {
    const text = '{"state":"failed","message":"disk full"}'
    expect(judgePoll(answer(200, text))).toMatchObject({ state: 'failed', fault: { status: 200, answer: text } })
  })
})
