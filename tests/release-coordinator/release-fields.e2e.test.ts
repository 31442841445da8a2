import { beforeAll, describe, expect, test } from 'vitest'
import { api } from './support/api.ts'
import { booleanFaults, listFaults, refusesFields, textFaults } from './support/field-faults.ts'
import { given } from './support/given.ts'
import { statusAndBody } from './support/http-client.ts'
import { type Release, studies } from './support/resources.ts'
import { reaches } from './support/saga.ts'

const { anonymous, admin } = api
let release: Release
beforeAll(async () => {
  const { kf_id } = await given(api).release({ studies: [studies.cats] })
  release = await reaches(api, kf_id, 'staged')
})
const item = () => `/releases/${release.kf_id}`

describe('what a release refuses', () => {
  refusesFields(
    admin,
    {
      name: textFaults(256, { isRequired: true }),
      description: textFaults(5000, { blank: true }),
      author: textFaults(100),
      is_major: booleanFaults,
      studies: [
        [undefined, ['This field is required.']],
        ...listFaults,
        [[], ['Must have at least one study']],
        [['SD_000'], ['Invalid pk "SD_000" - object does not exist.']],
        [[studies.dipg, 'SD_AAAAAAAA'], ['Invalid pk "SD_AAAAAAAA" - object does not exist.']],
        [['SD_BBBBBBBB', 'SD_AAAAAAAA'], ['Invalid pk "SD_BBBBBBBB" - object does not exist.']],
        [[''], ['Invalid pk "" - object does not exist.']],
      ],
      tags: [
        ...listFaults,
        [[''], { 0: ['This field may not be blank.'] }],
        [['ok', ' '], { 1: ['This field may not be blank.'] }],
        [['x'.repeat(51)], { 0: ['Ensure this field has no more than 50 characters.'] }],
        [[true, null], { 0: ['Not a valid string.'], 1: ['This field may not be null.'] }],
        [[['x']], { 0: ['Not a valid string.'] }],
      ],
    },
    { list: '/releases', item, good: () => ({ name: 'good', studies: [studies.cats] }) },
  )
})

describe('a new release', () => {
  test('has defaults', async () => {
    const answer = await admin.post<Release>('/releases', { name: 'plain', studies: [studies.dipg] })
    expect(answer.status).toBe(201)
    expect(answer.body).toMatchObject({
      name: 'plain',
      description: '',
      studies: [studies.dipg],
      tags: [],
      author: 'admin',
      is_major: false,
      state: 'waiting',
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      tasks: [],
      notes: [],
    })
  })

  test('takes all that it may hold', async () => {
    const full = {
      name: 'n'.repeat(256),
      description: 'd'.repeat(5000),
      studies: [studies.dipg, studies.cats, studies.dogs],
      tags: ['Needs Review', 't'.repeat(50), '5'],
      author: 'a'.repeat(100),
      is_major: true,
    }
    const made = await given(api).release(full)
    expect(made).toMatchObject({ ...full, studies: expect.arrayContaining(full.studies) })
    expect((await anonymous.get<Release>(`/releases/${made.kf_id}`)).body).toMatchObject({ tags: full.tags })
  })

  test('merges studies that are named twice', async () => {
    const made = await given(api).release({ studies: [studies.dipg, studies.cats, studies.dipg] })
    expect(made.studies.toSorted()).toEqual([studies.dipg, studies.cats].toSorted())
  })
})

describe('a change of a release', () => {
  test('by PATCH leaves the rest as it is', async () => {
    const before = (await anonymous.get<Release>(item())).body
    const { status, body } = await admin.patch<Release>(item(), { tags: ['Data Fix'], description: '' })
    expect(status).toBe(200)
    expect(body).toEqual({ ...before, tags: ['Data Fix'], description: '' })
    expect((await anonymous.get<Release>(item())).body).toEqual(body)
    expect((await admin.patch<Release>(item(), { tags: [] })).body.tags).toEqual([])
  })

  test('by PUT needs what a new one needs', async () => {
    const required = ['This field is required.']
    expect(statusAndBody(await admin.put(item(), { description: 'x' }))).toEqual([
      400,
      { name: required, studies: required },
    ])
    const whole = {
      name: 'put',
      description: 'all',
      studies: [studies.cats],
      tags: ['t'],
      author: 'bob',
      is_major: true,
    }
    expect(await admin.put(item(), whole)).toMatchObject({ status: 200, body: { ...whole, version: release.version } })
  })

  test('can be of its studies until it has ended', async () => {
    const { kf_id } = await given(api).release({ studies: [studies.cats] })
    await reaches(api, kf_id, 'staged')
    const path = `/releases/${kf_id}`
    const changed = await admin.patch<Release>(path, { studies: [studies.dogs, studies.birds] })
    expect(changed.status).toBe(200)
    expect(changed.body.studies.toSorted()).toEqual([studies.dogs, studies.birds].toSorted())
    const { body } = await anonymous.get<{ results: Release[] }>(`/studies/${studies.birds}/releases`)
    expect(body.results[0]?.kf_id).toBe(kf_id)
    await admin.post(`${path}/publish`)
    const published = await reaches(api, kf_id, 'published')

    for (const [field, value] of [
      ['studies', [studies.dogs]],
      ['is_major', true],
    ] as const) {
      const { status, body: refusal } = await admin.patch<object>(path, { [field]: value, name: 'must not stick' })
      expect([status, Object.keys(refusal)], field).toEqual([400, [field]])
    }
    expect((await anonymous.get(path)).body).toEqual(published)
    const { studies: same, is_major } = published
    expect(await admin.patch(path, { studies: same.toReversed(), is_major, name: 'renamed' })).toMatchObject({
      status: 200,
      body: { name: 'renamed', version: published.version },
    })
  })

  test('makes no event of the log and moves nothing', async () => {
    const log = async () => (await anonymous.get<{ count: number }>(`/events?release=${release.kf_id}`)).body.count
    const before = await log()
    await admin.patch(item(), { name: 'quiet' })
    expect([await log(), (await anonymous.get<Release>(item())).body.state]).toEqual([before, 'staged'])
  })
})
