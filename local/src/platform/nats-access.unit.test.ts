import { readFile } from 'node:fs/promises'
import { serviceNames } from '@slipway/contracts'
import { expect, test } from 'vitest'
import { passwordVariables } from './nats-access.ts'
import { natsConfig } from './nats-server.ts'

test('every service, operators and an integration have a password of their own', async () => {
  const users = passwordVariables(await readFile(natsConfig, 'utf8'))
  const names = [...serviceNames, 'operator', 'integration']
  expect([...users]).toEqual(names.map(name => [name, `NATS_PASSWORD_${name.toUpperCase()}`]))
})

test('a user that somebody copied has one, too; who has a fixed password has none', () => {
  const config = `
    { user: "my-program"
      password: $NATS_PASSWORD_MY_PROGRAM
    }
    { user: fixed, password: fixed }`
  expect([...passwordVariables(config)]).toEqual([['my-program', 'NATS_PASSWORD_MY_PROGRAM']])
})
