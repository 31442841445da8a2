import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readResult, removeResults } from './test-run/read-results.ts'
import { runCommand } from './test-run/run-command.ts'
import { runStaticChecks } from './test-run/static-checks.ts'
import { summary } from './test-run/summary.ts'

// What `npm test` runs: every static check once, then the tests of every workspace, then the sum of it all.

if (Number.parseInt(process.versions.node, 10) < 24) {
  console.error(
    `Slipway needs Node 24 or newer, this is ${process.version}. \`npm ci\` brings it on Linux; start the tests`,
  )
  console.error('with `npm test`, which uses that one. On other systems install Node 24 and try again.')
  process.exit(1)
}

const root = join(import.meta.dirname, '..')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { workspaces: readonly string[] }
const workspaces = manifest.workspaces
  .flatMap(pattern => globSync(`${pattern}/package.json`, { cwd: root }))
  .map(path => dirname(path))
  .sort()
const reporting = ['scripts', ...workspaces]

const step = (text: string): void => console.log(`\n== ${text}`)

step(`static checks, with Node ${process.version}`)
const failedChecks = [...(await runStaticChecks(root))]

removeResults(root, reporting)
step('tests of the scripts')
await runCommand(['vitest', 'run'], { cwd: join(root, 'scripts'), output: 'show' })

step(`tests of ${workspaces.length} workspaces, one after another`)
const turbo = await runCommand(
  ['turbo', 'run', 'test', '--concurrency=1', '--continue', '--output-logs=full', '--no-update-notifier'],
  { cwd: root, output: 'show' },
)

const results = reporting.map(workspace => readResult(root, workspace))
// Nothing may hide a failure: a run that is not successful fails, even where every report looks well.
if (turbo.code !== 0 && results.every(result => result.failures.length === 0)) failedChecks.push('turbo run test')

step('results')
for (const line of summary(results, failedChecks)) console.log(line)
process.exitCode = failedChecks.length + results.flatMap(result => result.failures).length === 0 ? 0 : 1
