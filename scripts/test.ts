import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { changedWorkspaces } from './test-run/changed-workspaces.ts'
import { readResult, removeResults } from './test-run/read-results.ts'
import { runCommand } from './test-run/run-command.ts'
import { runStaticChecks } from './test-run/static-checks.ts'
import { summary } from './test-run/summary.ts'

// What `npm test` runs: every static check once, then the tests of every workspace, then the sum of it all.
// `npm test -- --changed`: only of the workspaces that changed since `main`, or `--base=COMMIT`, and of what depends on them.

const { changed, base } = parseArgs({
  options: { changed: { type: 'boolean', default: false }, base: { type: 'string', default: 'main' } },
}).values

if (Number.parseInt(process.versions.node, 10) < 24) {
  console.error(
    `Slipway needs Node 24 or newer, this is ${process.version}. \`npm ci\` brings it on Linux; start the tests`,
  )
  console.error('with `npm test`, which uses that one. On other systems install Node 24 and try again.')
  process.exit(1)
}

const root = join(import.meta.dirname, '..')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { workspaces: readonly string[] }
const allWorkspaces = manifest.workspaces
  .flatMap(pattern => globSync(`${pattern}/package.json`, { cwd: root }))
  .map(path => dirname(path))
  .sort()
const workspaces = changed ? changedWorkspaces(root, base, allWorkspaces) : allWorkspaces

const step = (text: string): void => console.log(`\n== ${text}`)

step(`static checks, with Node ${process.version}`)
const failedChecks = [...(await runStaticChecks(root))]

removeResults(root, ['scripts', ...allWorkspaces])
step('tests of the scripts')
await runCommand(['vitest', 'run'], { cwd: join(root, 'scripts'), output: 'show' })

step(`tests of ${workspaces.length} workspaces: ${workspaces.join(', ')}`)
let failed = false
const runTests = async (folders: readonly string[]): Promise<void> => {
  if (folders.length === 0) return
  const filters = folders.map(folder => `--filter=./${folder}`)
  const { code } = await runCommand(
    ['turbo', 'run', 'test', '--concurrency=1', '--continue', '--no-update-notifier', ...filters],
    { cwd: root, output: 'show' },
  )
  failed ||= code !== 0
}
// The end-to-end tests take as long as all others together, and both wait much: beside each other.
const endToEnd = (folder: string): boolean => folder === 'tests'
await Promise.all([runTests(workspaces.filter(endToEnd)), runTests(workspaces.filter(folder => !endToEnd(folder)))])

const results = ['scripts', ...workspaces].map(workspace => readResult(root, workspace))
// Nothing may hide a failure: a run that is not successful fails, even where every report looks well.
if (failed && results.every(result => result.failures.length === 0)) failedChecks.push('turbo run test')

step('results')
for (const line of summary(results, failedChecks)) console.log(line)
process.exitCode = failedChecks.length + results.flatMap(result => result.failures).length === 0 ? 0 : 1
