import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { everybody } from './audience.ts'
import {
  eventEnvelopeSchema,
  eventFilter,
  eventStream,
  eventSubject,
  eventSubjects,
  eventType,
  subjectToken,
} from './event.ts'
import { operation } from './operation.ts'

const staged = eventType('release.staged', { summary: 'x', audience: everybody, data: z.object({}) })

describe('subjects', () => {
  it('are made of noun, verb and the id of the aggregate', () => {
    expect(staged.type).toBe('slipway.v1.release.staged')
    expect(eventSubject(staged, 'RE_00000000')).toBe('slipway.v1.event.release.staged.RE_00000000')
    expect(eventFilter(staged)).toBe('slipway.v1.event.release.staged.*')
    expect(eventSubjects).toBe('slipway.v1.event.>')
    expect(eventStream).toBe('SLIPWAY')
  })

  it.each([
    ['RE_00000000', 'RE_00000000'],
    ['orgs/WHO/sources/ICD.10', 'orgs/WHO/sources/ICD_10'],
    ['a b\tc\nd', 'a_b_c_d'],
    ['*', '_'],
    ['>', '_'],
    ['', '_'],
    ['..', '__'],
    ['Grüße-🙂', 'Grüße-🙂'],
  ])('hold any id: %j as %j', (id, token) => {
    expect(subjectToken(id)).toBe(token)
    expect(eventSubject(staged, id).split('.')).toHaveLength(6)
  })
})

describe('declarations', () => {
  it('refuse names of another form', () => {
    const declare = (name: string) => () =>
      eventType(name as 'a.b', { summary: '', audience: everybody, data: z.object({}) })
    for (const name of ['release', 'release.', '.staged', 'a.b.c'])
      expect(declare(name)).toThrow(`not an event name: ${name}`)
  })

  it('make the subject of an operation from its name, and assume one message each way', () => {
    const declaration = {
      summary: 'x',
      effect: 'read',
      audience: everybody,
      input: z.object({}),
      output: z.void(),
    } as const
    expect(operation('catalog.package.list', declaration)).toMatchObject({
      service: 'catalog',
      noun: 'package',
      verb: 'list',
      subject: 'slipway.v1.catalog.package.list',
      flow: 'unary',
      errors: [],
    })
    for (const name of ['catalog.package.', 'catalog..list', 'catalog.a.b.c'] as unknown as 'catalog.a.b'[]) {
      expect(() => operation(name, declaration)).toThrow('not an operation name')
    }
  })
})

describe('the event envelope', () => {
  const event = {
    specversion: '1.0',
    id: '1',
    source: '/slipway/coordinator',
    type: staged.type,
    subject: 'RE_00000000',
    time: '2026-11-21T02:33:00Z',
    datacontenttype: 'application/json',
    sequence: 1,
    actor: 'system',
    data: {},
  }

  it('takes a CloudEvent with our extensions', () => {
    expect(eventEnvelopeSchema.parse(event)).toEqual(event)
    expect(eventEnvelopeSchema.parse({ ...event, traceparent: 't' })).toHaveProperty('traceparent', 't')
  })

  it.each([
    { specversion: '0.3' },
    { sequence: 0 },
    { sequence: 1.5 },
    { id: '' },
    { actor: '' },
    { actor: 'x'.repeat(321) },
  ])('refuses %j', change => expect(eventEnvelopeSchema.safeParse({ ...event, ...change }).success).toBe(false))
})
