import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeTree } from '../imports/fixture.ts'
import { changedWorkspaces } from './changed-workspaces.ts'

const workspaces = ['packages/bus', 'services/catalog', 'services/gateway', 'tests']

/** A repository whose catalog depends on the bus, and whose tests on the catalog. */
function repository() {
  const manifest = (name: string, dependencies: object = {}) => ({ name, version: '1.0.0', dependencies })
  const fixture = writeTree({
    'package.json': { name: 'root', packageManager: 'npm@11.19.1', workspaces },
    'package-lock.json': { lockfileVersion: 3, packages: {} },
    'turbo.json': { tasks: { test: {} } },
    'README.md': 'Read me',
    'scripts/test.ts': '',
    'packages/bus/package.json': manifest('bus'),
    'services/catalog/package.json': manifest('catalog', { bus: '1.0.0' }),
    'services/gateway/package.json': manifest('gateway'),
    'tests/package.json': manifest('tests', { catalog: '1.0.0' }),
  })
  const git = (...args: string[]) => {
    const author = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org']
    execFileSync('git', [...author, ...args], { cwd: fixture.root, stdio: 'pipe' })
  }
  git('init', '--quiet', '--initial-branch=main')
  git('add', '.')
  git('commit', '--quiet', '--message=All')
  return {
    write: (path: string) => writeFileSync(join(fixture.root, path), '{}'),
    remove: (path: string) => rmSync(join(fixture.root, path)),
    commit: () => git('commit', '--all', '--quiet', '--message=Change'),
    branch: () => git('switch', '--quiet', '--create=branch'),
    changed: (base = 'main') => changedWorkspaces(fixture.root, base, workspaces),
    [Symbol.dispose]: () => fixture[Symbol.dispose](),
  }
}

test('what changed, committed or not, is tested with what depends on it', () => {
  using on = repository()
  expect(on.changed()).toEqual([])
  on.write('services/gateway/new.ts')
  expect(on.changed()).toEqual(['services/gateway'])
  on.remove('services/gateway/new.ts')
  on.write('packages/bus/new.ts')
  expect(on.changed()).toEqual(['packages/bus', 'services/catalog', 'tests'])
})

test('commits of the branch count', () => {
  using on = repository()
  on.branch()
  on.write('README.md')
  on.commit()
  expect(on.changed()).toEqual(['tests'])
})

test('what lies in no workspace is tested in tests, but for the scripts, which are always tested', () => {
  using on = repository()
  on.write('scripts/test.ts')
  expect(on.changed()).toEqual([])
  on.write('README.md')
  expect(on.changed()).toEqual(['tests'])
})

test('a base that is not there is an error', () => {
  using on = repository()
  expect(() => on.changed('nowhere')).toThrow('nowhere')
})
