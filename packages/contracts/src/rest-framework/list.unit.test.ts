import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { keyList, textList } from './list.ts'

/** What is wrong, under the index of the item; the key `''` stands for the list itself. */
function problems(field: z.ZodType, value: unknown): Record<string, string[]> {
  const result = field.safeParse(value)
  const byPath: Record<string, string[]> = {}
  for (const issue of result.error?.issues ?? []) {
    const path = issue.path.join('.')
    byPath[path] = [...(byPath[path] ?? []), issue.message]
  }
  return byPath
}

describe('textList', () => {
  const tags = textList({ max: 50 })

  it('reads texts, trimmed, with their order and repetitions', () => {
    expect(tags.parse(['b', ' a ', 5, 'b'])).toEqual(['b', 'a', '5', 'b'])
    expect(tags.parse([])).toEqual([])
  })

  it('reports so many bad items only that an answer has room for them', () => {
    const issues = tags.safeParse(Array(300_000).fill('')).error?.issues
    expect(issues).toHaveLength(1_000)
  })

  it('reports every bad item under its index, and no good one', () => {
    expect(problems(tags, ['', 'good', 'x'.repeat(51), null, false])).toEqual({
      0: ['This field may not be blank.'],
      2: ['Ensure this field has no more than 50 characters.'],
      3: ['This field may not be null.'],
      4: ['Not a valid string.'],
    })
  })

  it.each([
    ['a,b', 'str'],
    [5, 'int'],
    [1.5, 'float'],
    [{ 0: 'a' }, 'dict'],
    [true, 'bool'],
  ])('refuses %j, which is no list', (value, type) => {
    expect(problems(tags, value)).toEqual({ '': [`Expected a list of items but got type "${type}".`] })
  })

  it('refuses null and nothing', () => {
    expect(problems(tags, null)).toEqual({ '': ['This field may not be null.'] })
    expect(problems(tags, undefined)).toEqual({ '': ['This field is required.'] })
  })
})

describe('keyList', () => {
  const studies = keyList({ empty: 'Must have at least one study', keyOf: item => item.replace('/studies/', '') })

  it('reads keys, merging those that are given twice in whatever form', () => {
    expect(studies.parse(['SD_1', '/studies/SD_2', '/studies/SD_1', 7])).toEqual(['SD_1', 'SD_2', '7'])
  })

  it('refuses an empty list in its own words', () => {
    expect(problems(studies, [])).toEqual({ '': ['Must have at least one study'] })
  })

  it('refuses what is no list, and items that can be no key', () => {
    expect(problems(studies, 'SD_1')).toEqual({ '': ['Expected a list of items but got type "str".'] })
    expect(problems(studies, null)).toEqual({ '': ['This field may not be null.'] })
    expect(problems(studies, ['SD_1', { id: 'SD_2' }, true])).toEqual({
      '': ['Incorrect type. Expected pk value, received dict.'],
    })
  })
})
