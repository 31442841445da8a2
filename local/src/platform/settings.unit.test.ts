import { expect, test } from 'vitest'
import { readSettings } from './settings.ts'

function complaint(environment: NodeJS.ProcessEnv): string {
  try {
    readSettings(environment)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('the settings were accepted')
}

test('nothing set: nothing decided', () => {
  expect(Object.values(readSettings({})).filter(value => value !== undefined)).toEqual([])
})

test('a variable that is set to nothing counts as not set', () => {
  const settings = readSettings({ SLIPWAY_PORT: '', DATABASE_URL: '', SLIPWAY_REPLICAS: '' })
  expect(settings).toMatchObject({ port: undefined, databaseUrl: undefined, replicas: undefined })
})

test('every variable is read', () => {
  const settings = readSettings({
    SLIPWAY_PORT: '0',
    SLIPWAY_HOST: '::1',
    SLIPWAY_DATA_DIR: '/data',
    DATABASE_URL: 'postgresql://me:secret@db.example/postgres?sslmode=require',
    NATS_URL: 'nats://a:4222,nats://b:4222',
    SLIPWAY_NATS_PORT: '4222',
    SLIPWAY_ADMIN_TOKEN: 'T0k3n+/=0123456x',
    SLIPWAY_ADMIN_PASSWORD: 'a longer one',
    SLIPWAY_ACCOUNTS: 'accounts.json',
    DATASERVICE_URL: 'https://data.example/v1',
    SLIPWAY_REPLICAS: 'coordinator=2, exporter=3',
    SLIPWAY_TASK_SERVICES: 'exporter, catalog',
  })
  expect(settings).toEqual({
    port: 0,
    host: '::1',
    dataDir: '/data',
    databaseUrl: 'postgresql://me:secret@db.example/postgres?sslmode=require',
    natsUrl: 'nats://a:4222,nats://b:4222',
    natsPort: 4222,
    adminToken: 'T0k3n+/=0123456x',
    adminPassword: 'a longer one',
    accounts: 'accounts.json',
    dataserviceUrl: 'https://data.example/v1',
    replicas: { coordinator: 2, exporter: 3 },
    taskServices: ['exporter', 'catalog'],
  })
})

const remedy = 'take a random one, e.g. of: openssl rand -hex 24'

test.for([
  ['SLIPWAY_PORT', '65536', 'must be a port number from 0 to 65535; 0 picks a free one'],
  ['SLIPWAY_PORT', 'http', 'must be a port number from 0 to 65535; 0 picks a free one'],
  ['SLIPWAY_NATS_PORT', '4222/tcp', 'must be a port number from 0 to 65535; 0 picks a free one'],
  ['SLIPWAY_HOST', 'http://localhost', 'must be a host name or an IP address, without a scheme or a port'],
  ['DATABASE_URL', 'mysql://db/x', 'must be a URL like postgres://user@host/db'],
  ['NATS_URL', 'nats://a, nats://b', 'must be a URL like nats://host:4222, or several separated by commas'],
  ['SLIPWAY_ADMIN_TOKEN', 'two words', 'must be printable ASCII without blanks'],
  ['SLIPWAY_ADMIN_TOKEN', 'admin', `must have at least 12 characters; ${remedy}`],
  ['SLIPWAY_ADMIN_TOKEN', 'changemechangeme', `is easily guessed; ${remedy}`],
  ['SLIPWAY_ADMIN_PASSWORD', 'password', `must have at least 10 characters; ${remedy}`],
  ['DATASERVICE_URL', 'data.example', 'must be a URL like http://host:port'],
  ['SLIPWAY_TASK_SERVICES', 'exporter,gateway', '"gateway" is none of exporter, catalog'],
  [
    'SLIPWAY_REPLICAS',
    'coordinator=2,expoter=2',
    '"expoter=2" is not <service>=<processes>; the services are registry, coordinator, catalog, exporter, gateway',
  ],
  [
    'SLIPWAY_REPLICAS',
    'registry=0',
    '"registry=0" is not <service>=<processes>; the services are registry, coordinator, catalog, exporter, gateway',
  ],
])('%s=%s is refused in one line', ([name, value, message]) => {
  expect(complaint({ [name as string]: value })).toBe(`${name}: ${message}`)
})

test('two wrong values are two lines', () => {
  const lines = complaint({ SLIPWAY_PORT: '-1', DATASERVICE_URL: 'ftp://x' }).split('\n')
  expect(lines.map(line => line.split(':')[0])).toEqual(['SLIPWAY_PORT', 'DATASERVICE_URL'])
})
