import { describe, expect, it, test } from 'vitest'
import { enabledFilter, urlProblems } from './task-service.ts'

const url = 'http://etl-task-service'
const answer = (status: number, text = '{"name":"etl"}') => ({ kind: 'answer', status, text }) as const
const said = (...args: Parameters<typeof urlProblems>) => urlProblems(...args).map(problem => problem.message)

describe('the url of a task service', () => {
  test.each([['{"name":"etl"}'], ['{"message":{"name":"snapshot"}}'], ['not even JSON, but it has a name']])(
    'is good if its status page answers 200 with %s',
    text => {
      expect(urlProblems(url, answer(200, text))).toEqual([])
    },
  )

  test.each([
    [answer(404), `could not reach ${url}: 404 Client Error: Not Found for url: ${url}/status`],
    [answer(500), `could not reach ${url}: 500 Server Error: Internal Server Error for url: ${url}/status`],
    [answer(799), `could not reach ${url}: 799 Server Error: Unknown for url: ${url}/status`],
    [
      { kind: 'unreachable', message: 'no answer within 15 s' } as const,
      `could not reach ${url}: no answer within 15 s`,
    ],
    [answer(204, ''), `${url} did not return the expected /status response: response did not return with 200`],
    [answer(302, ''), `${url} did not return the expected /status response: response did not return with 200`],
    [answer(200, '{}'), `${url} did not return the expected /status response: no 'name' in body`],
    [answer(200, '{"NAME":1}'), `${url} did not return the expected /status response: no 'name' in body`],
  ])('is refused for %o', (given, text) => {
    expect(said(url, given)).toEqual([text])
  })

  it('is reported under its field', () => {
    expect(urlProblems(url, answer(404))[0]).toMatchObject({ path: ['url'], reason: 'unreachable' })
  })
})

test.each([
  ['true', true],
  ['True', true],
  ['FALSE', false],
  ['', undefined],
  ['1', undefined],
  [' true', undefined],
  [undefined, undefined],
])('the filter enabled=%s means %s', (text, meaning) => {
  expect(enabledFilter(text)).toBe(meaning)
})
