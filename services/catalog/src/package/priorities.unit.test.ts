import { describe, expect, it } from 'vitest'
import { moved } from './priorities.ts'

const letters = ['', 'A', 'B', 'C', 'D']
const idOf = (letter: string) => letters.indexOf(letter)
const start = [
  { id: idOf('C'), priority: 1 },
  { id: idOf('A'), priority: 3 },
  { id: idOf('B'), priority: 2 },
]
const shown = (packages: ReturnType<typeof moved>) =>
  packages.map(({ id, priority }) => `${letters[id]}${priority}`).join(' ')

describe('a package that is asked to get a priority', () => {
  it.each([
    ['C', 3, 'C3 A2 B1'],
    ['C', 99, 'C3 A2 B1'],
    ['A', 1, 'B3 A2 C1'],
    ['A', 0, 'B3 C2 A1'],
    ['A', null, 'B3 C2 A1'],
    ['B', -1, 'A3 C2 B1'],
  ])('%s -> %s', (letter, requested, expected) => {
    expect(shown(moved(start, idOf(letter), requested))).toBe(expected)
  })

  it('is appended when it is new', () => {
    expect(shown(moved(start, idOf('D'), null))).toBe('A4 B3 C2 D1')
  })

  it('goes before packages that have none', () => {
    const packages = [...start, { id: idOf('D'), priority: null }]
    expect(shown(moved(packages, idOf('A'), 0))).toBe('B4 C3 A2 D1')
  })

  it('closes gaps', () => {
    const packages = [
      { id: idOf('A'), priority: 9 },
      { id: idOf('B'), priority: 4 },
    ]
    expect(shown(moved(packages, idOf('B'), 5))).toBe('A2 B1')
  })
})
