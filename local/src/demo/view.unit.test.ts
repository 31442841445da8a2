import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import type { ReleaseProgress } from './release-progress.ts'
import { progressLine, view } from './view.ts'

const release: ReleaseProgress = {
  id: 'RE_00000001',
  name: 'Demo release',
  state: 'running',
  version: '0.0.1',
  tasks: [
    { id: 'TA_1', service: 'checksum manifest', state: 'running', progress: 50 },
    { id: 'TA_2', service: 'slow review', state: 'waiting', progress: 0 },
    { id: 'TA_3', service: 'sums', state: 'staged', progress: 7 },
  ],
}

test('the release and a line for each task, in columns', () => {
  expect(view(release, { columns: 80, colour: false })).toEqual([
    'RE_00000001  Demo release  0.0.1  running',
    '  checksum manifest  ████████████░░░░░░░░░░░░  50 %  running',
    '  slow review        ░░░░░░░░░░░░░░░░░░░░░░░░   0 %  waiting',
    '  sums               ████████████████████████ 100 %  staged',
  ])
})

test.for([
  [1, '▎░'],
  [51, '▎░'],
  [99, '▊'],
  [-5, '░'],
  [250, '█'],
])('%s percent end with %s', ([progress, end]) => {
  const tasks = [{ id: 'TA_1', service: 'x', state: 'running', progress: progress as number }]
  const line = view({ ...release, tasks }, { columns: 80, colour: false })[1] ?? ''
  const bar = line.slice(5, 29)
  expect([...bar]).toHaveLength(24)
  expect(bar).toContain(end)
})

test('no line is wider than the terminal, with colours or without', () => {
  const tasks = [{ id: 'TA_1', service: 'a task service with a very long name indeed', state: 'running', progress: 1 }]
  for (const columns of [10, 33, 60]) {
    for (const colour of [true, false]) {
      const widths = view({ ...release, tasks }, { columns, colour }).map(
        line => [...stripVTControlCharacters(line)].length,
      )
      expect(Math.max(...widths)).toBeLessThanOrEqual(columns)
    }
  }
  expect(view({ ...release, tasks }, { columns: 80, colour: false })[1]).toContain('a task service with a very …  ')
})

test('colours change nothing but the colour', () => {
  const coloured = view(release, { columns: 80, colour: true })
  expect(coloured[1]).toContain('\u001b[36m')
  expect(coloured.map(line => stripVTControlCharacters(line))).toEqual(view(release, { columns: 80, colour: false }))
})

test('a piece of work has a line that fits', () => {
  const progress = { label: 'WordNet concepts', done: 58_895, total: 117_791, seconds: 10 }
  expect(progressLine(progress, { columns: 79, colour: false })).toBe(
    '  WordNet concepts      ████████████░░░░░░░░░░░░  49 %  58,895  5,890/s',
  )
  const done = { ...progress, done: 117_791 }
  expect(progressLine(done, { columns: 79, colour: false })).toMatch(/█{24} 100 % {2}117,791 {2}11,779\/s$/u)
  expect(progressLine(done, { columns: 30, colour: false })).toHaveLength(30)
})
