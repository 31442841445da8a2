import { beforeAll, describe, expect, test } from 'vitest'
import { api } from './support/api.ts'
import { given } from './support/given.ts'
import { form, raw, statusAndBody } from './support/http-client.ts'
import type { Release, Task } from './support/resources.ts'
import { type Participant, participant, reaches } from './support/saga.ts'

const { admin } = api
let release: Release
let task: Task
let service: Participant
beforeAll(async () => {
  service = await participant(api)
  const { kf_id } = await given(api).release()
  release = await reaches(api, kf_id, 'staged')
  task = await given(api).task({ release: kf_id, task_service: service.id })
  return () => service[Symbol.asyncDispose]()
})

const patchRelease = (body: object) => admin.patch<Record<string, unknown>>(`/releases/${release.kf_id}`, body)
const patchTask = (body: object) => admin.patch<Record<string, unknown>>(`/tasks/${task.kf_id}`, body)

describe('texts', () => {
  test.each<[unknown, string]>([
    ['plain', 'plain'],
    ['  blanks around \t\n', 'blanks around'],
    ['inner  blanks stay', 'inner  blanks stay'],
    [5, '5'],
    [-1.5, '-1.5'],
    ['<b>&amp;"\'\\', '<b>&amp;"\'\\'],
    ['漢字 😀 é', '漢字 😀 é'],
  ])('%j is taken as %j', async (value, text) => {
    expect(await patchRelease({ name: value })).toMatchObject({ status: 200, body: { name: text } })
  })

  test.each<[unknown, string]>([
    [true, 'Not a valid string.'],
    [false, 'Not a valid string.'],
    [['a'], 'Not a valid string.'],
    [{ a: 1 }, 'Not a valid string.'],
    [null, 'This field may not be null.'],
    ['', 'This field may not be blank.'],
    [' \t\n ', 'This field may not be blank.'],
    ['a\u0000b', 'Null characters are not allowed.'],
  ])('%j is refused', async (value, text) => {
    expect(statusAndBody(await patchRelease({ name: value }))).toEqual([400, { name: [text] }])
  })

  test('U+0000 is refused in forms, too', async () => {
    const answer = await admin.send('PATCH', `/releases/${release.kf_id}`, form({ name: 'a\u0000b' }))
    expect(statusAndBody(answer)).toEqual([400, { name: ['Null characters are not allowed.'] }])
  })
})

describe('booleans', () => {
  const yes = ['true', 1, '1', 't', 'T', 'y', 'Y', 'yes', 'YES', 'True', 'TRUE', 'on', 'On', 'ON', true]
  const no = ['false', 0, '0', 'f', 'F', 'n', 'N', 'no', 'NO', 'False', 'FALSE', 'off', 'Off', 'OFF', false]

  test.each(yes)('%j is true', async value => {
    expect(await patchRelease({ is_major: value })).toMatchObject({ status: 200, body: { is_major: true } })
  })

  test.each(no)('%j is false', async value => {
    expect(await patchRelease({ is_major: value })).toMatchObject({ status: 200, body: { is_major: false } })
  })

  test.each(['maybe', 'tRuE', '', 2, -1, [], [true], {}, { a: 1 }])('%j is refused', async value => {
    expect(statusAndBody(await patchRelease({ is_major: value }))).toEqual([
      400,
      { is_major: ['Must be a valid boolean.'] },
    ])
  })

  test('null is refused', async () => {
    expect(statusAndBody(await patchRelease({ is_major: null }))).toEqual([
      400,
      { is_major: ['This field may not be null.'] },
    ])
  })
})

describe('integers', () => {
  test.each<[unknown, number]>([
    [0, 0],
    [77, 77],
    ['77', 77],
    ['50.0', 50],
    [100, 100],
    ['0', 0],
  ])('%j is %j', async (value, number) => {
    expect(await patchTask({ progress: value })).toMatchObject({ status: 200, body: { progress: number } })
  })

  test.each<[unknown, string]>([
    [50.5, 'A valid integer is required.'],
    ['50.5', 'A valid integer is required.'],
    [true, 'A valid integer is required.'],
    ['50%', 'A valid integer is required.'],
    ['', 'A valid integer is required.'],
    ['fifty', 'A valid integer is required.'],
    [[50], 'A valid integer is required.'],
    [{}, 'A valid integer is required.'],
    [null, 'This field may not be null.'],
    [101, 'Ensure this value is less than or equal to 100.'],
    [2147483648, 'Ensure this value is less than or equal to 100.'],
    [-1, 'Ensure this value is greater than or equal to 0.'],
  ])('%j is refused as progress', async (value, text) => {
    expect(statusAndBody(await patchTask({ progress: value }))).toEqual([400, { progress: [text] }])
  })

  test('numbers that are written oddly are numbers', async () => {
    const answer = await admin.send('PATCH', `/tasks/${task.kf_id}`, raw('{"progress": 5e1}', 'application/json'))
    expect(answer).toMatchObject({ status: 200, body: { progress: 50 } })
  })
})

describe('lengths', () => {
  test('are counted in characters, not in code units', async () => {
    const longest = '😀'.repeat(256)
    expect(await patchRelease({ name: longest })).toMatchObject({ status: 200, body: { name: longest } })
    expect(statusAndBody(await patchRelease({ name: `${longest}x` }))).toEqual([
      400,
      { name: ['Ensure this field has no more than 256 characters.'] },
    ])
  })

  test('are counted after blanks are stripped', async () => {
    const longest = 'x'.repeat(256)
    expect(await patchRelease({ name: `   ${longest}   ` })).toMatchObject({ status: 200, body: { name: longest } })
  })
})
