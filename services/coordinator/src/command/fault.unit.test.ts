import { describe, expect, it } from 'vitest'
import { faultOf, faultText } from './fault.ts'

const answer = (text: string, status = 400) => ({ kind: 'answer', status, text }) as const

describe('what went wrong with a request', () => {
  it('is its status and the beginning of what was said', () => {
    expect(faultOf(answer('{"error":"no such study"}'))).toEqual({
      reason: 'answer with status 400',
      status: 400,
      answer: '{"error":"no such study"}',
    })
    expect(faultOf(answer(''))).toEqual({ reason: 'answer with status 400', status: 400 })
    expect(faultOf(answer('x'.repeat(5000))).answer).toBe('x'.repeat(1024))
  })
  it('is cut between characters', () => {
    expect(faultOf(answer(`x${'é'.repeat(1000)}`)).answer).toBe(`x${'é'.repeat(511)}`)
    expect(faultOf(answer(`xx${'😀'.repeat(1000)}`)).answer).toBe(`xx${'😀'.repeat(255)}`)
  })
  it('can be stored, whatever the bytes were', () => {
    const text = Buffer.from([0x61, 0x00, 0xff, 0x62]).toString('utf8')
    expect(faultOf(answer(text)).answer).toBe('a\ufffd\ufffdb')
    expect(faultOf(answer('\ud800')).answer).toBe('\ufffd')
  })
  it('is the message where nobody answered, and what was read where an answer was not whole', () => {
    const message = 'connect ECONNREFUSED'
    expect(faultOf({ kind: 'unreachable', reason: 'connect', message })).toEqual({ reason: message })
    const partial = { status: 500, text: 'Traceback' }
    expect(faultOf({ kind: 'unreachable', reason: 'too_large', message: 'too long', partial })).toEqual({
      reason: 'too long',
      status: 500,
      answer: 'Traceback',
    })
  })
})

describe('a message of the log', () => {
  it('has one line and at most 1,000 characters', () => {
    expect(faultText(faultOf(answer('a\n  b\r\n')), 'request to start task failed')).toBe(
      'request to start task failed: answer with status 400: a b',
    )
    const long = faultText(faultOf(answer('😀'.repeat(1000))), 'x'.repeat(900))
    expect(long.length).toBeLessThanOrEqual(1000)
    expect(long.isWellFormed()).toBe(true)
    expect(long.endsWith('…')).toBe(true)
  })
})
