import { describe, expect } from 'vitest'
import { api } from '../support/api.ts'
import { type BadRequest, refusesAll } from '../support/bad-request.ts'
import { form, json, multipart, raw } from '../support/http-client.ts'

const post = (
  path: string,
  what: string,
  message: BadRequest['message'],
  status: number,
  body?: unknown,
): BadRequest => ({
  what,
  method: 'POST',
  path,
  ...(message && { message }),
  status,
  ...(body !== undefined && { body }),
})
describe('JSON that is none', () => {
  const parseError = { detail: expect.stringMatching(/^JSON parse error - ./) }
  const bodies: readonly [string, string | Uint8Array][] = [
    ['an open brace', '{'],
    ['a missing value', '{"message":}'],
    ['single quotes', "{'message': 'x'}"],
    ['a missing brace', '{"message": "x"'],
    ['a comma too many', '{"message": "x",}'],
    ['a comma too few', '{"message": "x" "release": null}'],
    ['two values', '{"message": "x"} {"message": "y"}'],
    ['an open text', '{"message": "x}'],
    ['a word', 'message=x'],
    ['a literal that is none', '{"message": nil}'],
    ['NaN', '{"message": "x", "n": NaN}'],
    ['Infinity', '{"message": Infinity}'],
    ['a comment', '{"message": "x" /* why not */}'],
    ['a line break in a text', '{"message": "a\nb"}'],
    ['an escape that is none', '{"message": "\\x41"}'],
    ['zero bytes', '\u0000\u0000'],
    ['bytes that are no text', new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
    ['JSON in UTF-16', new Uint8Array(Buffer.from('{"message":"x"}', 'utf16le'))],
    ['lists in lists without end', '['.repeat(100_000)],
    ['lists in lists', '['.repeat(100_000) + ']'.repeat(100_000)],
  ]
  refusesAll(
    api,
    bodies.map(([what, body]) => post('/events', what, raw(body, 'application/json'), 400, parseError)),
  )
})

describe('bodies of the wrong form', () => {
  const notAnObject = (type: string) => ({
    non_field_errors: [`Invalid data. Expected a dictionary, but got ${type}.`],
  })
  refusesAll(api, [
    post('/releases', 'a list', json([{ name: 'x' }]), 400, notAnObject('list')),
    post('/releases', 'a text', json('x'), 400, notAnObject('str')),
    post('/releases', 'a number', json(17), 400, notAnObject('int')),
    post('/releases', 'true', json(true), 400, notAnObject('bool')),
    post('/events', 'XML', raw('<message>x</message>', 'application/xml'), 415, {
      detail: 'Unsupported media type "application/xml" in request.',
    }),
    post('/events', 'YAML', raw('message: x', 'application/yaml'), 415, {
      detail: 'Unsupported media type "application/yaml" in request.',
    }),
    post('/events', 'plain text', raw('message=x', 'text/plain'), 415, {
      detail: 'Unsupported media type "text/plain" in request.',
    }),
    post('/events', 'a media type that is none', raw('message=x', 'json'), 415),
    post('/events', 'a media type of punctuation', raw('message=x', ';;/;'), 415),
    post('/events', 'a multipart form without its boundary', raw('--x\r\n\r\n--x--', 'multipart/form-data'), 400),
    post(
      '/events',
      'a multipart form of another boundary',
      {
        ...multipart({ message: 'x' }),
        headers: { 'content-type': 'multipart/form-data; boundary=other' },
      },
      400,
      { detail: expect.any(String) },
    ),
    post('/events', 'a form of something else', form({ text: 'x' }), 400, { message: ['This field is required.'] }),
    post('/events', 'a form of nonsense', raw('%%%&&&===', 'application/x-www-form-urlencoded'), 400, {
      message: ['This field is required.'],
    }),
    {
      what: 'JSON in gzip that was never unpacked',
      method: 'POST',
      path: '/events',
      message: {
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
        body: new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xab, 0xae, 5, 0]),
      },
      status: [400, 415],
    },
  ])
})

describe('bodies that are too large', () => {
  const large = 'x'.repeat(1_200_000)
  refusesAll(api, [
    post('/events', 'more than a megabyte of JSON', json({ message: large }), 413),
    post('/events', 'more than a megabyte of a form', form({ message: large }), 413),
    post('/events', 'more than a megabyte of a multipart form', multipart({ message: large }), 413),
    post('/events', 'more than a megabyte of anything', raw(large, 'application/octet-stream'), 413),
    {
      what: 'more than a megabyte of JSON',
      method: 'PATCH',
      path: '/releases/RE_00000000',
      message: json({ name: large }),
      status: 413,
    },
  ])
})
