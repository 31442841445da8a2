import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, type TestContext, test } from 'vitest'

const run = promisify(execFile)
const cwd = join(import.meta.dirname, '../..')

/** Runs a bench of the repository as its script does, and returns what it prints. Fails if it fails. */
async function bench(
  { signal }: TestContext,
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const options = { cwd, signal, env: { ...process.env, ...env } }
  const { stdout } = await run(process.execPath, [file, ...args], options)
  expect(stdout).not.toMatch(/NaN|undefined|Infinity/)
  return stdout
}

// From the npm registry, the first time.
beforeAll(async () => {
  await run(process.execPath, ['tests/bench/install.ts'], { cwd })
}, 300_000)

// As little as shows that each still runs to its end and prints what it measured.

test('npm run bench prints all scenarios', async context => {
  const printed = await bench(context, 'tests/bench/main.ts', ['--rows=1000', '--seconds=0.2'])
  expect(printed).toContain('GET one release')
  expect(printed).toContain('List of 10 releases of 1,000, with exact count')
  expect(printed).toContain('Write with event: POST /events')
  expect(printed).toContain('Release with 50 task services')
  expect(printed).toContain('Pages of 10 in 1,000 releases')
})

test('npm run bench:exports prints both sizes', async context => {
  const printed = await bench(context, 'tests/bench/exports/main.ts', ['--share=0.005'])
  expect(printed).toContain('WordNet: 589 concepts')
  expect(printed).toContain('WordNet twice: 1,178 concepts')
})

test('npm run bench:downloads prints one and many', async context => {
  const sizes = { DOWNLOADS_MEGABYTES: '16', DOWNLOADS_GIGABYTES: '0.0625', DOWNLOADS_TIMES: '3' }
  const printed = await bench(context, 'tests/bench/downloads.ts', [], sizes)
  expect(printed).toContain('One download of 16 MB')
  expect(printed).toContain('3 downloads of 1 MB at a time')
})

test('npm run bench:schedules prints every question', async context => {
  const printed = await bench(context, 'tests/bench/schedules.ts', [], { SCHEDULES_ROWS: '1000' })
  expect(printed.match(/^\| .* \| .* \|$/gm)?.length).toBeGreaterThan(14)
})

test('npm run bench:restore prints every state', async context => {
  const printed = await bench(context, 'tests/bench/restore.ts', [], { RESTORE_RELEASES: '1000' })
  expect(printed).toMatch(/^\| all agree \| 0 \| /m)
  expect(printed).toMatch(/^\| every tenth task is forgotten \| 100 \| /m)
})

test.for(['packages/store/test/bench/store.bench.ts', 'packages/bus/test/bench/unary.ts'])(
  '%s prints rates',
  async (file, context) => {
    expect(await bench(context, file, ['0.1'])).toMatch(/\d\/s/)
  },
)
