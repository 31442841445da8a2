import { describe, expect, test } from 'vitest'
import { encodeHeaders, headerLine, headerText, parseHeaders } from './headers.ts'

function block(lines: string): string {
  return Buffer.from(encodeHeaders(lines)!.bytes).toString('utf8')
}

describe('header blocks', () => {
  test('are those of NATS, and read back', () => {
    const text = block(headerLine('Slipway-Status', 201) + headerLine('Http-ETag', 'W/"ä: x"'))
    expect(text).toBe('NATS/1.0\r\nSlipway-Status: 201\r\nHttp-ETag: W/"ä: x"\r\n\r\n')
    const { code, values } = parseHeaders(text)
    expect(code).toBe(0)
    expect([...values]).toEqual([
      ['slipway-status', '201'],
      ['http-etag', 'W/"ä: x"'],
    ])
  })

  test('are left out when there is nothing to say', () => {
    expect(encodeHeaders('')).toBeUndefined()
  })

  test('of the broker carry a code, with or without a description', () => {
    expect(parseHeaders('NATS/1.0 503\r\n\r\n').code).toBe(503)
    expect(parseHeaders('NATS/1.0 409 Consumer Deleted\r\nNats-Pending-Messages: 1\r\n\r\n')).toEqual({
      code: 409,
      values: new Map([['nats-pending-messages', '1']]),
    })
  })

  test('of other programs may be untidy', () => {
    const { values } = parseHeaders('NATS/1.0\r\nA:1\r\nB :  2  \r\nbroken\r\n:none\r\nEmpty:\r\nA: 3\r\n\r\n')
    expect([...values]).toEqual([
      ['a', '3'],
      ['b ', '2'],
      ['empty', ''],
    ])
    expect(parseHeaders('NATS/1.0').values.size).toBe(0)
  })

  test('cannot be broken out of', () => {
    expect(() => headerLine('Slipway-Command', 'x\r\nSlipway-Identity: admin')).toThrow(TypeError)
    expect(() => headerLine('Slipway-Command', 'x\ny')).toThrow(TypeError)
    expect(headerLine('Nats-Service-Error', headerText('a\r\nb\n\nc'))).toBe('Nats-Service-Error: a b c\r\n')
    expect(headerText('x'.repeat(1_000))).toHaveLength(300)
  })
})
