import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { parseExact } from './exact-json.ts'
import { readBySchema } from './read-by-schema.ts'

const schema = z.object({
  count: z.int().min(0).nullish(),
  ratio: z.number().default(0),
  list: z.array(z.object({ at: z.int() })).optional(),
  named: z.record(z.string(), z.number()).optional(),
  either: z.union([z.string(), z.object({ size: z.int() }), z.int()]).optional(),
  free: z.unknown().optional(),
  ready: z.preprocess(value => value, z.int()).optional(),
})
const read = (text: string) => readBySchema(schema, parseExact(text))

describe('readBySchema', () => {
  it('gives numbers to whoever wants numbers, however they were written, and leaves the rest as it was', () => {
    const text = `{"count":5e1,"ratio":1.50,"list":[{"at":1.0},{"at":2}],"named":{"a":1.0},"either":{"size":7.0},"ready":3.0,
      "free":{"n":[12345678901234567890,1.0]}}`
    const { data } = read(text)
    expect(data).toMatchObject({
      ...{ count: 50, ratio: 1.5, list: [{ at: 1 }, { at: 2 }], named: { a: 1 }, either: { size: 7 }, ready: 3 },
    })
    expect(JSON.stringify(data?.free)).toBe('{"n":[12345678901234567890,1.0]}')
    expect(read('{"either":3.0}').data).toMatchObject({ either: 3 })
  })

  it.each(['{"count":1.5}', '{"count":12345678901234567890}', '{"list":{"at":1.0}}', '{"list":[1.0]}', '1.0'])(
    'refuses %s as before',
    text => expect(read(text).success).toBe(readBySchema(schema, JSON.parse(text)).success),
  )

  it('says what is wrong with the numbers that were meant', () => {
    expect(read('{"count":-1.0}').error?.issues).toMatchObject([{ code: 'too_small', path: ['count'] }])
  })
})
