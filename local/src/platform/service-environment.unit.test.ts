import { expect, test } from 'vitest'
import { serviceEnvironment } from './service-environment.ts'

const settings = {
  databaseUrl: 'postgres://db/slipway_x',
  natsUrl: 'nats://n',
  dataserviceUrl: 'http://data',
  public: { host: '127.0.0.1', port: 8080 },
  administrator: { token: 'T', password: 'P' },
  accountsFile: '/accounts.json',
  outbox: '/data/outbox',
}
const given = {
  PATH: '/bin',
  TASK_TIMEOUT: '7',
  DATABASE_URL: 'postgres://db/postgres',
  DATASERVICE_URL: 'http://other',
  SLIPWAY_ADMIN_TOKEN: 'given',
  SLIPWAY_PORT: '1',
  SLIPWAY_NATS_PORT: '2',
  NODE_ENV: 'test',
}

test('a service gets its own database, its own settings, and no secret of the launcher', () => {
  expect(serviceEnvironment('registry', given, settings)).toEqual({
    PATH: '/bin',
    TASK_TIMEOUT: '7',
    NODE_ENV: 'production',
    LOG_LEVEL: 'info',
    DATABASE_URL: 'postgres://db/slipway_x',
    NATS_URL: 'nats://n',
    SLIPWAY_SERVICE_HOST: '127.0.0.1',
    SLIPWAY_SERVICE_PORT: '0',
  })
})

test('the coordinator learns of the data service', () => {
  expect(serviceEnvironment('coordinator', given, settings)).toMatchObject({ DATASERVICE_URL: 'http://data' })
  const without = serviceEnvironment('coordinator', given, { ...settings, dataserviceUrl: undefined })
  expect(without).not.toHaveProperty('DATASERVICE_URL')
})

test('the gateway learns of its address, the administrator and the accounts', () => {
  expect(serviceEnvironment('gateway', given, settings)).toMatchObject({
    SLIPWAY_HOST: '127.0.0.1',
    SLIPWAY_PORT: '8080',
    SLIPWAY_ADMIN_TOKEN: 'T',
    SLIPWAY_ADMIN_PASSWORD: 'P',
    SLIPWAY_ACCOUNTS: '/accounts.json',
  })
  const later = serviceEnvironment('gateway', given, { ...settings, administrator: {}, accountsFile: undefined })
  expect(Object.keys(later).filter(name => /ADMIN|ACCOUNTS/u.test(name))).toEqual([])
})

test('the catalog keeps mails in a folder, unless it is told of another way for them', () => {
  const here = { MAIL_FOLDER: '/data/outbox', SLIPWAY_PUBLIC_URL: 'http://127.0.0.1:8080' }
  expect(serviceEnvironment('catalog', given, settings)).toMatchObject(here)
  const elsewhere = { SLIPWAY_PUBLIC_URL: 'https://releases.example.org' }
  expect(serviceEnvironment('catalog', { ...given, ...elsewhere }, settings)).toMatchObject({ ...here, ...elsewhere })
  for (const env of [{ MAIL_URL: 'smtp://mail' }, { MAIL_FOLDER: '/var/mails' }]) {
    for (const told of [
      serviceEnvironment('catalog', { ...given, ...env }, settings),
      serviceEnvironment('catalog', given, settings, env),
    ]) {
      expect(told).toMatchObject(env)
      expect(Object.keys(told).filter(name => /^MAIL|PUBLIC/u.test(name))).toEqual(Object.keys(env))
    }
  }
})

test('the memory of the exporter is bounded, unless the launcher was told otherwise', () => {
  const bounded = serviceEnvironment('exporter', given, settings)
  expect(bounded).toMatchObject({ MALLOC_ARENA_MAX: '2' })
  expect(bounded.NODE_OPTIONS).toMatch(/^--max-old-space-size=\d+ --max-semi-space-size=\d+$/)
  const own = { ...given, NODE_OPTIONS: '--max-old-space-size=512', MALLOC_ARENA_MAX: '8' }
  const told = serviceEnvironment('exporter', own, settings)
  expect(told).toMatchObject({ MALLOC_ARENA_MAX: '8' })
  // The last one counts for Node.
  expect(told.NODE_OPTIONS).toMatch(/ --max-old-space-size=512$/)
})

test('what is set for one service wins', () => {
  expect(serviceEnvironment('coordinator', given, settings, { TASK_TIMEOUT: '1' })).toMatchObject({ TASK_TIMEOUT: '1' })
})
