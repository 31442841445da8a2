import { describe, expect, test } from 'vitest'
import { findViolations } from './find-violations.ts'
import { type Tree, writeTree } from './fixture.ts'
import { readWorkspaces } from './read-workspaces.ts'

const workspace = (name: string, dependencies: string[] = [], devDependencies: string[] = []) => ({
  name: `@slipway/${name}`,
  dependencies: Object.fromEntries(dependencies.map(dependency => [dependency, '1.0.0'])),
  devDependencies: Object.fromEntries(devDependencies.map(dependency => [dependency, '1.0.0'])),
})

/** A small house in which all is well; `more` adds to it. */
const house: Tree = {
  'package.json': {
    workspaces: ['packages/*', 'services/*', 'local', 'tests'],
    devDependencies: { vitest: '5.0.0' },
  },
  'packages/contracts/package.json': workspace('contracts', ['zod']),
  'packages/contracts/src/mod.ts': "import { z } from 'zod'",
  'packages/bus/package.json': workspace('bus', ['@slipway/contracts']),
  'packages/bus/src/mod.ts': "import type { Event } from '@slipway/contracts'\nimport { once } from 'node:events'",
  'packages/bus/test/bus.int.test.ts': "import { test } from 'vitest'\nimport { testNats } from '@slipway/testing'",
  'packages/testing/package.json': workspace('testing', ['@slipway/bus', 'vitest']),
  'packages/testing/src/mod.ts': "import { connect } from '@slipway/bus'",
  'services/registry/package.json': workspace('registry', ['@slipway/bus'], ['@slipway/testing']),
  'services/registry/src/main.ts': "import { connect } from '@slipway/bus'\nimport { a } from './a.ts'",
  'services/registry/src/a.ts': "import fs from 'node:fs'",
  'services/registry/src/a.unit.test.ts': "import { a } from './a.ts'\nimport '@slipway/testing'",
  'services/gateway/package.json': workspace('gateway', ['@slipway/bus']),
  'services/gateway/src/identity/token.ts': 'export const token = 1',
  'services/gateway/src/release-coordinator/routes.ts': "import { token } from '../identity/token.ts'",
  'services/gateway/src/platform-tasks/routes.ts': 'export const routes = []',
  'local/package.json': workspace('local', ['@slipway/contracts']),
  'local/src/mod.ts': "import '@slipway/contracts'",
  'tests/package.json': workspace('tests', ['@slipway/local', '@slipway/bus']),
  'tests/chaos/kill.e2e.test.ts': "import '@slipway/local'\nimport '@slipway/bus'",
  'scripts/check.ts': "import fs from 'node:fs'\nimport 'vitest'",
}

function violationsWith(more: Tree): readonly string[] {
  using fixture = writeTree({ ...house, ...more })
  return findViolations(readWorkspaces(fixture.root))
}

test('a house in order has none', () => {
  expect(violationsWith({})).toEqual([])
})

describe('directions', () => {
  test('nobody imports a service', () => {
    expect(violationsWith({ 'services/gateway/src/main.ts': "import { app } from '@slipway/registry'" })).toEqual([
      'services/gateway/src/main.ts: imports @slipway/registry: nobody imports a service: talk to it over the bus',
    ])
  })

  test('packages only look down', () => {
    expect(
      violationsWith({
        'packages/contracts/package.json': workspace('contracts', ['@slipway/bus']),
        'packages/contracts/src/mod.ts': "import type { Bus } from '@slipway/bus'",
      }),
    ).toEqual([
      'packages/contracts/src/mod.ts: imports @slipway/bus: packages/contracts may not depend on packages/bus',
    ])
  })

  test('nothing but the tests imports the launcher', () => {
    const main = "import { start } from '@slipway/local'"
    const manifest = workspace('registry', ['@slipway/local'])
    expect(
      violationsWith({ 'services/registry/package.json': manifest, 'services/registry/src/main.ts': main }),
    ).toContain('services/registry/src/main.ts: imports @slipway/local: services/registry may not depend on local')
  })

  test('only tests use the testing package', () => {
    expect(violationsWith({ 'services/registry/src/a.ts': "import '@slipway/testing'" })).toEqual([
      'services/registry/src/a.ts: imports @slipway/testing: services/registry may not depend on packages/testing',
    ])
  })

  test('the APIs of the gateway do not know each other', () => {
    const routes = "import { routes } from '../release-coordinator/routes.ts'"
    expect(violationsWith({ 'services/gateway/src/platform-tasks/routes.ts': routes })).toEqual([
      'services/gateway/src/platform-tasks/routes.ts: imports ../release-coordinator/routes.ts: ' +
        'the APIs of the gateway do not know each other (platform-tasks, release-coordinator)',
    ])
  })

  test('what the APIs of the gateway stand on knows none of them', () => {
    const files = {
      'services/gateway/src/api/serve-path.ts': "import { routes } from '../platform-tasks/routes.ts'",
      'services/gateway/src/http/server.ts': "import { servePath } from '../api/serve-path.ts'",
    }
    expect(violationsWith(files)).toEqual([
      'services/gateway/src/api/serve-path.ts: imports ../platform-tasks/routes.ts: src/api knows no API (platform-tasks)',
      'services/gateway/src/http/server.ts: imports ../api/serve-path.ts: src/http knows nothing of src/api',
    ])
  })

  test('the rooms of the store stand one on the other', () => {
    const files = {
      'packages/store/package.json': workspace('store'),
      'packages/store/src/sql/prepare.ts': "import { openStore } from '../connection/open-store.ts'",
      'packages/store/src/connection/open-store.ts': "import { startRelay } from '../outbox/relay.ts'",
      'packages/store/src/outbox/relay.ts': "import { isUniqueViolation } from '../connection/database-error.ts'",
      'packages/store/src/timers/timers.ts': "import '../leases/worker.ts'\nimport '../types.ts'",
    }
    expect(violationsWith(files)).toEqual([
      'packages/store/src/connection/open-store.ts: imports ../outbox/relay.ts: src/connection knows nothing of src/outbox',
      'packages/store/src/sql/prepare.ts: imports ../connection/open-store.ts: src/sql knows nothing of src/connection',
    ])
  })
})

describe('declarations', () => {
  test('what is imported is declared, and not only for development', () => {
    const manifest = workspace('registry', [], ['@slipway/testing', 'pino'])
    const main = "import 'pg/lib/client'\nimport '@fastify/cors'\nimport 'pino'"
    expect(
      violationsWith({ 'services/registry/package.json': manifest, 'services/registry/src/main.ts': main }),
    ).toEqual([
      'services/registry/src/main.ts: imports pg/lib/client: pg is not declared in services/registry/package.json',
      'services/registry/src/main.ts: imports @fastify/cors: @fastify/cors is not declared in services/registry/package.json',
      'services/registry/src/main.ts: imports pino: pino is only a development dependency of services/registry',
    ])
  })

  test('a package within a workspace declares for what is below it', () => {
    const manifest = { dependencies: { autocannon: '9.0.0' } }
    expect(
      violationsWith({
        'tests/bench/package.json': manifest,
        'tests/bench/load/run.ts': "import 'autocannon'",
        'tests/chaos/run.ts': "import 'autocannon'",
      }),
    ).toEqual(['tests/chaos/run.ts: imports autocannon: autocannon is not declared in tests/package.json'])
  })

  test('Node’s own modules are named as such', () => {
    expect(violationsWith({ 'services/registry/src/a.ts': "import fs from 'fs'" })).toEqual([
      'services/registry/src/a.ts: imports fs: write node:fs',
    ])
  })
})

describe('files', () => {
  test('paths stay within the workspace', () => {
    const main = "import { connect } from '../../../packages/bus/src/mod.ts'"
    expect(violationsWith({ 'services/registry/src/main.ts': main })).toEqual([
      'services/registry/src/main.ts: imports ../../../packages/bus/src/mod.ts: ' +
        'it lies outside services/registry; import the package by its name',
    ])
  })

  test('no circles', () => {
    const files = {
      'local/src/a.ts': "import './deep/b.ts'",
      'local/src/deep/b.ts': "import type { A } from '../a.ts'",
    }
    expect(violationsWith(files)).toEqual([
      'local: files import each other in a circle: src/a.ts -> src/deep/b.ts -> src/a.ts',
    ])
  })
})
