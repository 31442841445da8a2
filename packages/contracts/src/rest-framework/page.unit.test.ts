import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { listInput, maxLimit, pageLinks } from './page.ts'

const input = listInput({ state: z.string().optional() })
const url = 'https://releases.example.org/tasks'

describe('listInput', () => {
  it.each([
    [{}, 10, 0],
    [{ limit: '5', offset: '20' }, 5, 20],
    [{ limit: 1, offset: 0 }, 1, 0],
    [{ limit: 'ten', offset: 'x' }, 10, 0],
    [{ limit: '0', offset: '-1' }, 10, 0],
    [{ limit: '-3' }, 10, 0],
    [{ limit: '', offset: '' }, 10, 0],
    [{ limit: ' 7 ' }, 7, 0],
    [{ limit: '1.5', offset: 2.5 }, 10, 0],
    [{ limit: '99999999999999999999' }, 10, 0],
  ])('reads %j', (given, limit, offset) => {
    expect(input.parse(given)).toMatchObject({ limit, offset })
  })

  it('serves at most the greatest page', () => {
    expect(input.parse({ limit: String(maxLimit) }).limit).toBe(maxLimit)
    expect(input.parse({ limit: String(maxLimit + 1) }).limit).toBe(maxLimit)
    expect(maxLimit).toBeGreaterThanOrEqual(1000)
  })

  it('keeps filters and all parameters', () => {
    expect(input.parse({ state: 'staged', parameters: { state: ['staged'], x: ['1', '2'] } })).toEqual({
      limit: 10,
      offset: 0,
      state: 'staged',
      parameters: { state: ['staged'], x: ['1', '2'] },
    })
  })
})

describe('pageLinks', () => {
  it('keep every parameter, sorted by name, and always carry the limit', () => {
    const parameters = { release: ['RE_00000000'], limit: ['1'] }
    expect(pageLinks(url, { limit: 1, offset: 0, parameters }, 3)).toEqual({
      next: `${url}?limit=1&offset=1&release=RE_00000000`,
      previous: null,
    })
    expect(pageLinks(url, { limit: 10, offset: 0 }, 11).next).toBe(`${url}?limit=10&offset=10`)
  })

  it('have no offset when they lead to the first page', () => {
    expect(pageLinks(url, { limit: 10, offset: 10, parameters: { offset: ['10'] } }, 11)).toEqual({
      next: null,
      previous: `${url}?limit=10`,
    })
    expect(pageLinks(url, { limit: 10, offset: 5 }, 11).previous).toBe(`${url}?limit=10`)
    expect(pageLinks(url, { limit: 10, offset: 25 }, 100).previous).toBe(`${url}?limit=10&offset=15`)
  })

  it('are absent where there is no further page', () => {
    expect(pageLinks(url, { limit: 10, offset: 0 }, 10)).toEqual({ next: null, previous: null })
    expect(pageLinks(url, { limit: 10, offset: 0 }, 0)).toEqual({ next: null, previous: null })
    expect(pageLinks(url, { limit: 10, offset: 50 }, 11)).toEqual({
      next: null,
      previous: `${url}?limit=10&offset=40`,
    })
  })

  it('carry the limit that was applied, repeat repeated parameters, and keep empty ones', () => {
    const parameters = { z: ['1', '2'], limit: ['5000'], a: ['', 'x y&z'], offset: ['0'] }
    expect(pageLinks(url, { limit: 1000, offset: 0, parameters }, 2000).next).toBe(
      `${url}?a=&a=x+y%26z&limit=1000&offset=1000&z=1&z=2`,
    )
  })

  it('leave the given parameters as they are', () => {
    const parameters = { offset: ['10'], state: ['staged'] }
    pageLinks(url, { limit: 10, offset: 10, parameters }, 100)
    expect(parameters).toEqual({ offset: ['10'], state: ['staged'] })
  })
})
