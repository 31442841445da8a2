import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Installs what only the benchmarks need beside them, unless it is there: the load generator, and what the platform is
 * compared with. It is no workspace, so that the `npm ci` of those who never measure leaves it out.
 */
const folder = import.meta.dirname
const wanted = join(folder, 'package-lock.json')
const installed = join(folder, 'node_modules', 'installed-lock.json')

const isThere = existsSync(installed) && readFileSync(installed, 'utf8') === readFileSync(wanted, 'utf8')
if (!isThere) {
  console.error('installing what only the benchmarks need, from the npm registry, into tests/bench/node_modules')
  const flags = ['--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund']
  // What npm prints is not what a bench prints.
  const { status, error } = spawnSync('npm', ['ci', ...flags], { cwd: folder, stdio: ['ignore', 2, 2] })
  if (status !== 0) {
    console.error(`npm ci failed (${error?.message ?? `exit code ${status}`}); the benchmarks need it once`)
    process.exit(1)
  }
  // Written last: an installation that was cut off is made again.
  copyFileSync(wanted, installed)
}
