import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { isFailure } from '../error.ts'
import { releaseOperations } from '../release-coordinator/release.ts'
import { taskOperations } from '../release-coordinator/task.ts'
import { blankFields, body, complete, listFields, partialBody } from './body.ts'
import { textList } from './list.ts'
import { flag, integer, text } from './scalar.ts'

const fields = {
  name: text({ max: 5 }),
  count: integer({ min: 0, max: 9 }).default(1),
  note: text({ max: 5, blank: true }).default(''),
  tags: textList({ max: 3 }).default([]),
  loud: flag().optional(),
}
const whole = body(fields)
const part = partialBody(fields)

const messages = (checked: z.output<typeof whole>) => checked.problems.map(({ path, message }) => [...path, message])

describe('body', () => {
  it('reads every field and fills in defaults', () => {
    expect(whole.parse({ name: ' a ', count: '3' })).toEqual({
      values: { name: 'a', count: 3, note: '', tags: [], loud: undefined },
      problems: [],
    })
  })

  it('reports all problems at once, in the order of the fields', () => {
    const checked = whole.parse({ tags: ['', 'ok', 'long'], count: 'x', note: null })
    expect(messages(checked)).toEqual([
      ['name', 'This field is required.'],
      ['count', 'A valid integer is required.'],
      ['note', 'This field may not be null.'],
      ['tags', '0', 'This field may not be blank.'],
      ['tags', '2', 'Ensure this field has no more than 3 characters.'],
    ])
    expect(checked.problems.map(problem => problem.reason)).toEqual([
      'required',
      'not_an_integer',
      'null',
      'blank',
      'too_long',
    ])
    expect(checked.values).toEqual({ loud: undefined })
  })

  it('ignores unknown fields, and names that every object inherits', () => {
    expect(whole.parse({ name: 'a', kf_id: 'RE_1', state: 'staged' }).values).not.toHaveProperty('kf_id')
    const odd = body({ constructor: text({ max: 5 }).default('none') })
    expect(odd.parse({})).toEqual({ values: { constructor: 'none' }, problems: [] })
  })

  it('reads a request without a body like one with an empty object', () => {
    expect(messages(whole.parse(undefined))).toEqual([['name', 'This field is required.']])
    expect(messages(z.object({ body: whole }).parse({}).body)).toEqual([['name', 'This field is required.']])
  })

  it.each([
    [[], 'list'],
    ['text', 'str'],
    [5, 'int'],
    [1.5, 'float'],
    [true, 'bool'],
  ])('refuses %j, which is no object', (value, type) => {
    expect(messages(whole.parse(value))).toEqual([
      ['non_field_errors', `Invalid data. Expected a dictionary, but got ${type}.`],
    ])
    expect(part.parse(value).problems).toHaveLength(1)
  })
})

describe('partialBody', () => {
  it('looks only at the fields that are there', () => {
    expect(part.parse({})).toEqual({ values: {}, problems: [] })
    expect(part.parse({ count: 2 })).toEqual({ values: { count: 2 }, problems: [] })
  })

  it('refuses what is there and wrong', () => {
    expect(part.parse({ name: null, count: 10 })).toEqual({
      values: {},
      problems: [
        { path: ['name'], reason: 'null', message: 'This field may not be null.' },
        { path: ['count'], reason: 'too_large', message: 'Ensure this value is less than or equal to 9.' },
      ],
    })
  })
})

describe('complete', () => {
  it('gives the values of a body without problems', () => {
    expect(complete(whole.parse({ name: 'a' })).name).toBe('a')
  })

  it('throws one error with the problems of the body, then those that the handler found', () => {
    const unknown = {
      path: ['studies'],
      reason: 'does_not_exist',
      message: 'Invalid pk "SD_0" - object does not exist.',
    }
    try {
      complete(whole.parse({}), [unknown])
      expect.unreachable()
    } catch (error) {
      if (!isFailure(error, 'invalid')) throw error
      expect(error.details?.map(detail => detail.path[0])).toEqual(['name', 'studies'])
      expect(error.message).toBe('name: This field is required. studies: Invalid pk "SD_0" - object does not exist.')
    }
    expect(() => complete(whole.parse({ name: 'a' }), [unknown])).toThrow('studies')
  })
})

describe('facts for reading forms', () => {
  it('name the fields that a repeated form field makes a list of', () => {
    expect([...listFields(whole)]).toEqual(['tags'])
    expect([...listFields(releaseOperations.create.input.shape.body)]).toEqual(['studies', 'tags'])
  })

  it('name the fields for which an empty text is a value', () => {
    expect([...blankFields(part)]).toEqual(['note'])
    expect([...blankFields(z.object({}))]).toEqual([])
  })
})

describe('bodies of the Kids First Release Coordinator', () => {
  it('report missing fields of a release the way its clients know', () => {
    const { body: checked } = releaseOperations.create.input.parse({ body: { studies: [] } })
    expect(checked.problems.map(({ path, message }) => [path[0], message])).toEqual([
      ['name', 'This field is required.'],
      ['studies', 'Must have at least one study'],
    ])
    expect(checked.values).toEqual({ description: '', tags: [], author: 'admin', is_major: false })
  })

  it('take the percentage of a task from 0 to 100', () => {
    const read = (progress: unknown) =>
      taskOperations.update.input.parse({ kf_id: 'TA_0', body: { progress } as object })
    expect(read('100').body.values.progress).toBe(100)
    expect(read(101).body.problems[0]?.message).toBe('Ensure this value is less than or equal to 100.')
  })
})
