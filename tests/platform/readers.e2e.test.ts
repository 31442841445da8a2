import {
  gatewayReads,
  type Identity,
  mayRead,
  operations,
  type ReadAudience,
  readersOf,
  readerWords,
  readRefusal,
} from '@slipway/contracts'
import { basicCredentials, httpExchange, scriptedTaskService } from '@slipway/testing'
import { expect, test } from 'vitest'
import { dataService, study as inDataService } from '../release-coordinator/support/data-service.ts'
import { startTestPlatform } from '../support/start-test-platform.ts'
import { people, seed, study } from './support/list-seeds.ts'
import { gatewayLists, type ListOfSeed, operationLists, type Scheme } from './support/list-table.ts'

const adminToken = 'administrator-token'
const adminPassword = 'password of the administrator'
/** Verbs of operations that answer one thing. Any other read is a list, and must be seeded. */
const ofOne =
  /^(?:get(?:-.*)?|read|check(?:-dependency)?|keys|exchange|service|revocations|license|download|processing|release|version|report|with-mappings|output|recorded)$/
/** For services and administrators on the bus, where no path leads; the tests of the services show who may. */
const withoutPath = /\.dead-letter\.list$|\.reported-file\.list$|\.restore\.facts$/

type Reader = {
  readonly name: string
  readonly identity: Identity | null
  /** Null: this reader has none. */
  readonly password: string | null
  readonly token: string
}

const identityOf = (login: string, more: Partial<Identity> = {}): Identity => ({
  ...{ subject: login, login, kind: 'user', roles: [], groups: [], permissions: [], member: null, superuser: false },
  ...more,
})
const accounts = Object.entries(people).map(([login, { roles, groups, permissions, member }]) => ({
  ...{ login, token: `token-of-${login}`, password: `password of ${login}` },
  ...{ roles: [...roles], groups: [...groups], permissions: [...permissions], member },
}))
const readers: readonly Reader[] = [
  { name: 'anonymous', identity: null, password: '', token: '' },
  ...accounts.map(({ login: name, password, token, ...rights }) => ({
    ...{ name, password, token },
    identity: identityOf(name, rights),
  })),
  { name: 'admin', password: adminPassword, token: adminToken, identity: identityOf('admin', { superuser: true }) },
]

function credentials({ name, identity, password, token }: Reader, scheme: Scheme): Record<string, string> {
  if (!identity) return {}
  if (scheme === 'task-token') return { 'genestack-api-token': token }
  if (scheme === 'basic' && password !== null) return { authorization: basicCredentials(name, password) }
  return { authorization: `${scheme === 'bearer' ? 'Bearer' : 'Token'} ${token}` }
}

function isFor(audience: ReadAudience, { row = {} }: ListOfSeed, { name, identity }: Reader): boolean {
  if (readRefusal(audience, identity)) return false
  const words = readerWords(identity, name === 'owner' ? ['/orgs/HIDDEN/'] : [])
  return mayRead(readersOf(audience, { actor: 'system', data: row }), words, () => true)
}

test('every list shows what is in it to those whom its declaration names, and to nobody else', async () => {
  await using source = await dataService([inDataService(study)])
  await using participant = await scriptedTaskService()
  await using platform = await startTestPlatform({
    ...{ adminToken, adminPassword, accounts, dataserviceUrl: source.url },
    environment: { ...process.env, RATE_LIMIT: '0' },
  })
  const { url } = platform
  const seeds = await seed(url, adminToken, participant.url)
  const declared = operations.flatMap(({ service, noun, verb, audience }) =>
    audience && audience.of !== 'service' && !ofOne.test(verb)
      ? [[`${service}.${noun}.${verb}`, audience] as const]
      : [],
  )
  const table = operationLists(seeds)
  const lists = declared.filter(([name]) => !withoutPath.test(name))
  expect(Object.keys(table).sort()).toEqual(lists.map(([name]) => name).sort())
  const kept = Object.entries(gatewayLists(seeds)).flatMap(([name, list]) =>
    list ? [[name, gatewayReads[name as keyof typeof gatewayReads].audience as ReadAudience, list] as const] : [],
  )
  const all = [...lists.map(([name, audience]) => [name, audience, table[name] as ListOfSeed] as const), ...kept]

  const narrowed = { name: 'narrowed', identity: identityOf('admin', { roles: ['DEV'] }), password: null }
  const wrong: string[] = []
  for (const [name, audience, list] of all) {
    for (const reader of [...readers, { ...narrowed, token: seeds.narrowed }]) {
      if (list.scheme === 'basic' && reader.password === null) continue
      const { method = 'GET', path, scheme, marker = '', body } = list
      const headers = { ...credentials(reader, scheme), ...(body && { 'content-type': 'application/json' }) }
      const sent = { headers, body: body && JSON.stringify(body) }
      const { status, text } = await httpExchange(url, method, path, sent)
      const sees = status === 200 && text.includes(marker)
      if (sees !== isFor(audience, list, reader)) wrong.push(`${name} ${reader.name}: ${status} ${text.slice(0, 80)}`)
      else if (!sees && ![200, 401, 403, 404].includes(status)) wrong.push(`${name} ${reader.name}: ${status}`)
    }
  }
  expect(wrong).toEqual([])
})
