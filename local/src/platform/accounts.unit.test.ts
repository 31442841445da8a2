import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { accountFaults, checkAccountsFile } from './accounts.ts'

async function fileWith(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-accounts-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'accounts.json'), text)
  return join(folder, 'accounts.json')
}

test('an account needs a login only, and may have everything', () => {
  const all = {
    login: 'alice',
    password: 'p w',
    token: 'T',
    email: 'alice@example',
    roles: ['DEV', 'ROLE_STAFF'],
    groups: ['SD_00000001'],
    permissions: ['ACCESS_ALL_DATA'],
    member: 'IHTSDO',
    active: false,
  }
  expect(accountFaults([{ login: 'bob' }, all, { login: 'eve', member: null }])).toEqual([])
})

test('nobody gets a login of the platform, or one that looks like another', () => {
  expect(accountFaults([{ login: 'admin' }, { login: 'system' }, { login: 'аda' }, { login: 'a\u200bb' }])).toEqual([
    'entry 2 (system): login: is reserved for the platform',
    'entry 3 (аda): login: must be in the letters of one script',
    'entry 4 (a\u200bb): login: must have no blanks and no invisible characters',
  ])
})

test('each fault names the entry by number and login', () => {
  const faults = accountFaults([
    { login: 'alice', roles: 'DEV' },
    { password: 'x' },
    { login: 'bob', pasword: 'x' },
    'carol',
    { login: 'bob' },
    { login: 'bob' },
  ])
  expect(faults).toEqual([
    'entry 1 (alice): roles: Invalid input: expected array, received string',
    'entry 2: login: Invalid input: expected string, received undefined',
    'entry 3 (bob): unknown field "pasword"',
    'entry 4: Invalid input: expected object, received string',
    'entry 6 (bob): the login is already that of entry 5',
  ])
})

test('a file is named by the variable and its path', async () => {
  const file = await fileWith('[{"login":"a b"}]')
  await expect(checkAccountsFile(file)).rejects.toMatchObject({
    code: 'invalid',
    message: `SLIPWAY_ACCOUNTS: ${file}: entry 1 (a b): login: must be a name without blanks and colons (it is sent as Basic, too)`,
  })
  expect(await checkAccountsFile(await fileWith('[]'))).toMatch(/accounts\.json$/u)
})

test.for([
  ['{', /: is not JSON: /u],
  ['{"login":"a"}', /: must be a list of accounts$/u],
])('a file with %s is refused', async ([text, message]) => {
  await expect(checkAccountsFile(await fileWith(text as string))).rejects.toThrow(message as RegExp)
})

test('a missing file is refused', async () => {
  await expect(checkAccountsFile('/nowhere/accounts.json')).rejects.toThrow(/^SLIPWAY_ACCOUNTS: .*can not be read/u)
})
