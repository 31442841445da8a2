import { expect, test } from 'vitest'
import { planInstallation } from './install-nats.ts'

const machine = (root: boolean, ...programs: string[]) => ({ root, has: (name: string) => programs.includes(name) })

test('root installs directly, and refreshes the list of packages first where that is needed', () => {
  expect(planInstallation(machine(true, 'apt-get', 'sudo'))).toEqual({
    manager: 'apt-get',
    commands: [
      ['apt-get', 'update'],
      ['apt-get', 'install', '-y', '--no-install-recommends', 'nats-server'],
    ],
  })
  expect(planInstallation(machine(true, 'apk'))?.commands).toEqual([['apk', 'add', '--no-cache', 'nats-server']])
})

test('anybody else goes through sudo, which must not ask for a password', () => {
  expect(planInstallation(machine(false, 'dnf', 'sudo'))).toEqual({
    manager: 'sudo dnf',
    commands: [['sudo', '-n', 'dnf', 'install', '-y', 'nats-server']],
  })
})

test('without sudo only Homebrew is left, which in turn refuses root', () => {
  expect(planInstallation(machine(false, 'apt-get', 'brew'))?.manager).toBe('brew')
  expect(planInstallation(machine(false, 'brew', 'sudo'))?.manager).toBe('brew')
  expect(planInstallation(machine(true, 'brew'))).toBeNull()
  expect(planInstallation(machine(false, 'apt-get'))).toBeNull()
})
