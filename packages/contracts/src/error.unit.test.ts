import { describe, expect, it } from 'vitest'
import { type ErrorBody, errorBody, errorBodySchema, errorCatalogue, failure, invalid, isFailure } from './error.ts'

const details = [{ path: ['name'], reason: 'required', message: 'This field is required.' }]

describe('failure', () => {
  it('carries code, status, message, details and cause', () => {
    const cause = new Error('23505')
    const error = failure('conflict', 'Taken.', { details, cause, retryAfter: 3 })
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ code: 'conflict', status: 409, message: 'Taken.', details, cause, retryAfter: 3 })
  })

  it('has the status of the catalogue unless an API demands another', () => {
    expect(failure('unauthenticated', '').status).toBe(401)
    expect(failure('unauthenticated', '', { status: 403 }).status).toBe(403)
  })

  it('has no properties that were not given', () => {
    const error = failure('internal', '')
    for (const name of ['details', 'retryAfter', 'cause']) expect(error).not.toHaveProperty(name)
  })
})

describe('isFailure', () => {
  it('knows errors of the catalogue by their code', () => {
    const error: unknown = failure('not_found', 'Not found.')
    expect(isFailure(error)).toBe(true)
    expect(isFailure(error, 'not_found')).toBe(true)
    expect(isFailure(error, 'forbidden', 'not_found')).toBe(true)
    expect(isFailure(error, 'forbidden')).toBe(false)
  })

  it.each([
    new Error('x'),
    Object.assign(new Error('duplicate key'), { code: '23505', status: 1 }),
    Object.assign(new Error('x'), { code: 'constructor', status: 500 }),
    Object.assign(new Error('x'), { code: 'not_found' }),
    { code: 'not_found', status: 404, message: 'x' },
    'not_found',
    null,
    undefined,
  ])('does not take %s for one', error => expect(isFailure(error)).toBe(false))
})

describe('invalid', () => {
  it('joins the messages of its details', () => {
    const error = invalid([
      ...details,
      { path: ['tags', 0], reason: 'blank', message: 'Blank.' },
      { path: [], reason: 'x', message: 'No.' },
    ])
    expect(error.message).toBe('name: This field is required. tags.0: Blank. body: No.')
    expect(error).toMatchObject({ code: 'invalid', status: 400, details: [{}, {}, {}] })
  })
})

describe('errorBody', () => {
  it('is what callers may know of an error', () => {
    const error = failure('invalid', 'No.', { details, retryAfter: 0, cause: new Error('secret') })
    expect(errorBody(error)).toEqual({ code: 'invalid', message: 'No.', details, retryAfter: 0 })
    expect(JSON.stringify(errorBody(error))).not.toContain('secret')
  })

  it.each([
    new Error('password authentication failed for user "coordinator"'),
    Object.assign(new Error('relation "release" does not exist'), { code: '42P01', status: 500 }),
    'a text',
    undefined,
  ])('hides what is outside the catalogue: %s', error =>
    expect(errorBody(error)).toEqual({ code: 'internal', message: 'Internal error.' }),
  )

  it('is of the shape that the description of the bus promises', () => {
    const body: ErrorBody = errorBody(failure('invalid', 'No.', { details, retryAfter: 2 }))
    expect(errorBodySchema.parse(body)).toEqual(body)
    expect(errorBodySchema.parse(errorBody('x'))).toEqual(errorBody('x'))
  })
})

describe('the catalogue', () => {
  it('has error statuses, and calls retryable what may pass by itself', () => {
    for (const [code, { status, retryable }] of Object.entries(errorCatalogue)) {
      expect(status, code).toBeGreaterThanOrEqual(400)
      expect(status, code).toBeLessThan(600)
      expect(retryable, code).toBe([429, 502, 503, 504].includes(status))
    }
  })
})
