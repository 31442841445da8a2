import { expect, it } from 'vitest'
import { type FactPages, sideBySide } from './side-by-side.ts'

async function* pages(...ids: readonly (readonly string[])[]): FactPages {
  for (const page of ids) yield page.map(id => ({ id }))
}

async function keysOf(sources: Readonly<Record<string, FactPages>>): Promise<[string, string][]> {
  const windows: [string, string][] = []
  for await (const { key, facts } of sideBySide(sources)) {
    const there = Object.entries(facts).filter(([, found]) => found.length > 0)
    windows.push([key, there.map(([name, found]) => `${name}${found.length}`).join(' ')])
  }
  return windows
}

it('walks along all lists at once, whatever their pages are', async () => {
  const sources = { a: pages(['1', '2'], [], ['4']), b: pages(['2', '3', '4']), c: pages(), d: pages([], ['5']) }
  expect(await keysOf(sources)).toEqual([
    ['1', 'a1'],
    ['2', 'a1 b1'],
    ['3', 'b1'],
    ['4', 'a1 b1'],
    ['5', 'd1'],
  ])
})

it('gives all facts of a release together', async () => {
  async function* tasks(): FactPages {
    yield ['1', '2'].map(id => ({ id: `TA_${id}`, release: 'RE_1' }))
  }
  expect(await keysOf({ releases: pages(['RE_1']), tasks: tasks() })).toEqual([['RE_1', 'releases1 tasks2']])
})

it('takes the order of bytes, in which databases can sort', async () => {
  // As UTF-16 the second one comes first.
  const ids = ['\u{fffd}', '\u{1f600}']
  expect(await keysOf({ a: pages(ids), b: pages(ids) })).toEqual(ids.map(id => [id, 'a1 b1']))
})

it.each([
  ['within a page', [['2', '1']]],
  ['from page to page', [['2'], ['1']]],
  ['twice', [['1'], ['1']]],
])('refuses a list that is out of order %s', async (_, ids) => {
  await expect(keysOf({ catalog: pages(...ids) })).rejects.toMatchObject({
    code: 'bad_upstream',
    message: expect.stringContaining('catalog do not come in order'),
  })
})

it('keeps two pages of each list, however long it is', async () => {
  let asked = 0
  async function* endless(): FactPages {
    for (;;) {
      asked += 1
      yield [{ id: String(asked).padStart(3, '0') }]
    }
  }
  let walked = 0
  for await (const { key } of sideBySide({ a: endless() })) {
    walked += 1
    expect(Number(key)).toBe(walked)
    expect(asked - walked).toBeLessThanOrEqual(1)
    if (walked === 50) break
  }
})

it('ends with the error of a list', async () => {
  async function* broken(): FactPages {
    yield [{ id: '1' }]
    throw new Error('away')
  }
  await expect(keysOf({ a: broken(), b: pages(['1', '2']) })).rejects.toThrow('away')
})
