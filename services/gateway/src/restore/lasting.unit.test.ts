import { expect, it } from 'vitest'
import { type Comparison, lasting } from './lasting.ts'

const disagreement = (id: string) => ({ id, kind: 'left-over', things: [id], says: id }) as const

/** Finds these at the first look, and those at the second. */
function looks(first: Readonly<Record<string, string[]>>, second: Readonly<Record<string, string[]>>) {
  const asked: (readonly string[] | undefined)[] = []
  const compare: Comparison = async function* (of) {
    asked.push(of)
    const found = of ? Object.entries(second).filter(([key]) => of.includes(key)) : Object.entries(first)
    for (const [key, ids] of found) yield { key, disagreements: ids.map(disagreement) }
  }
  return { asked, compare }
}

async function found(...comparisons: Comparison[]): Promise<string[]> {
  const ids: string[] = []
  for await (const some of lasting(comparisons)) ids.push(...some.map(({ id }) => id))
  return ids
}

it('finds what is so at both looks, and looks again only at what did not agree', async () => {
  const { asked, compare } = looks({ a: ['a1', 'a2'], b: [], c: ['c1'] }, { a: ['a2', 'a3'], b: ['b1'], c: [] })
  expect(await found(compare)).toEqual(['a2'])
  expect(asked).toEqual([undefined, ['a', 'c']])
})

it('looks once where all agree', async () => {
  const { asked, compare } = looks({ a: [], b: [] }, {})
  expect(await found(compare, compare)).toEqual([])
  expect(asked).toEqual([undefined, undefined])
})

it('keeps nothing but a bounded number of keys, and hands on what it found piece by piece', async () => {
  const all = Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [`k${index}`, [`d${index}`]]))
  const { asked, compare } = looks(all, all)
  const sizes: number[] = []
  for await (const some of lasting([compare])) sizes.push(some.length)
  expect(sizes).toEqual([...Array.from({ length: 20 }, () => 500), 1])
  expect(asked.map(of => of?.length)).toEqual([undefined, ...sizes])
})
