import { expect, it } from 'vitest'
import { errorFields } from './error-fields.ts'

const detail = (path: string[], message: string, reason = 'invalid') => ({ path, reason, message })

it('collects what is wrong with a field', () => {
  const details = [detail(['names', '0'], 'a'), detail([], 'b'), detail(['names'], 'c'), detail(['id'], 'd', 'plain')]
  expect({ ...errorFields(details) }).toEqual({ names: ['a', 'c'], __all__: ['b'], id: 'd' })
})

it('takes any name for a field', () => {
  expect(Object.keys(errorFields([detail(['__proto__'], 'a'), detail(['constructor'], 'b')]))).toEqual([
    '__proto__',
    'constructor',
  ])
})

it('collects very many', () => {
  const details = Array.from({ length: 200_000 }, () => detail(['names'], 'a'))
  expect(errorFields(details).names).toHaveLength(200_000)
})
