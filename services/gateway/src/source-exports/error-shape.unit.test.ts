import { failure, invalid } from '@slipway/contracts'
import { expect, test } from 'vitest'
import { renderError } from './error-shape.ts'

const detail = (name: string, message: string, reason = 'invalid') => ({ path: [name], reason, message })

test('fields have lists of messages', () => {
  const error = invalid([detail('name', 'one'), detail('name', 'two'), detail('id', 'three')])
  expect(renderError(error)).toMatchObject({ status: 400, body: { name: ['one', 'two'], id: ['three'] } })
  expect(renderError(error).body).not.toHaveProperty('detail')
})

test('everything else has a detail', () => {
  expect(renderError(failure('not_found', 'Not found.'))).toMatchObject({ status: 404, body: { detail: 'Not found.' } })
  expect(renderError(invalid([detail('mnemonic', 'taken', 'plain')])).body).toEqual({ mnemonic: 'taken' })
  const conflict = failure('conflict', 'exists', { details: [detail('error', 'duplicate key', 'plain')] })
  expect(renderError(conflict)).toMatchObject({ status: 409, body: { error: 'duplicate key', detail: 'exists' } })
})

test('a fault of ours tells nothing of itself', () => {
  expect(renderError(new Error('secret'))).toMatchObject({ status: 500, body: { detail: 'Internal error.' } })
})
