import { orgMemberOperations, sourceOperations } from '@slipway/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { concept, importActions } from './import-actions.ts'
import { as, type RunningExporter, startExporter } from './start-exporter.ts'

let running: RunningExporter
beforeAll(async () => {
  running = await startExporter()
})
afterAll(() => running[Symbol.asyncDispose]())
const { carriedOut } = importActions(() => running)

const source = (owner: string, id: string) => ({
  ...{ type: 'Source', id, name: id, owner, owner_type: 'User' },
})
const create = (owner: string, id: string, person: 'staff' | 'bob' | 'ada' | 'nobody' = 'staff') =>
  running.bus.call(sourceOperations.create, { ownerType: 'user', owner, body: { id, name: id } }, as(person))

describe('what is made for somebody else', () => {
  it('is refused for a login that is nobody’s', async () => {
    const refused = { code: 'not_found', message: 'There is no user nobody-yet.' }
    await expect(create('nobody-yet', 'S')).rejects.toMatchObject(refused)
    await running.dictionary('OWNED')
    const member = (login: string, person: 'ada' | 'nobody' = 'ada') =>
      running.bus.call(orgMemberOperations.add, { org: 'OWNED', member: login }, as(person))
    await expect(member('nobody-yet')).rejects.toMatchObject(refused)
    await expect(member('nobody-yet', 'nobody')).rejects.toMatchObject({ code: 'unauthenticated' })
    await expect(create('nobody-yet', 'S', 'nobody')).rejects.toMatchObject({ code: 'unauthenticated' })
    await expect(create('ada', 'S', 'bob')).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('belongs to the account, however its login was written', async () => {
    expect(await create('CAROL', 'S')).toMatchObject({ owner: 'carol', url: '/users/carol/sources/S/' })
    expect(await create('ADA', 'S', 'ada')).toMatchObject({ owner: 'ada', url: '/users/ada/sources/S/' })
  })
})

describe('an import for somebody else', () => {
  it('makes nothing for a login that is nobody’s', async () => {
    const lines = [
      source('nobody-yet', 'S'),
      concept('', 'C', { owner: 'nobody-yet', owner_type: 'User' }),
      source('dora', 'S'),
      source('x'.repeat(2_000), 'S'),
    ]
    const { report, result } = await carriedOut(lines, { person: 'staff' })
    expect(report).toMatchObject({ created: 1, not_found: 3 })
    expect(result.not_found[0]).toMatchObject({ errors: { detail: 'There is no user nobody-yet.' } })
    const target = { ownerType: 'user', owner: 'nobody-yet', source: 'S', query: {} } as const
    await expect(running.read(sourceOperations.get, target, 'staff')).rejects.toMatchObject({ code: 'not_found' })
  })

  it('goes to the account, however its login is written', async () => {
    const lines = [source('EVE', 'S'), concept('', 'C', { owner: 'Eve', owner_type: 'User' }), source('eve', 'S')]
    const { report } = await carriedOut(lines, { person: 'staff' })
    expect(report).toMatchObject({ created: 2, exists: 1 })
    const target = { ownerType: 'user', owner: 'eve', source: 'S', query: {} } as const
    const { text } = await running.read(sourceOperations.get, target, 'staff')
    expect(JSON.parse(text)).toMatchObject({ owner: 'eve', active_concepts: 1 })
  })
})
