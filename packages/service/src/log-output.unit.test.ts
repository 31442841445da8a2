import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'

const log = new URL('log.ts', import.meta.url).href

/** Runs statements with a `log` whose lines go to a file or into a pipe. */
async function run(statements: string, output: number | 'pipe' | 'gone') {
  const program = `const { createLog } = await import(process.argv[1]); const log = createLog('gateway', 'info'); ${statements}`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, log], {
    stdio: ['ignore', output === 'gone' ? 'pipe' : output, 'pipe'],
  })
  if (output === 'gone') child.stdout?.destroy()
  onTestFinished(() => void child.kill('SIGKILL'))
  let lines = ''
  let errors = ''
  child.stdout?.on('data', chunk => {
    lines += chunk
  })
  child.stderr?.on('data', chunk => {
    errors += chunk
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, errors, lines }
}

/** A disk on which there is never room. */
function fullDisk(): number {
  const descriptor = openSync('/dev/full', 'w')
  onTestFinished(() => closeSync(descriptor))
  return descriptor
}

/** Asynchronous writes fail in a thread, so the event loop has to turn. */
const turns = `const { readFile } = await import('node:fs/promises')
  for (let n = 0; n < 20; n++) { log.info('a line'); await readFile('/dev/null') }`

test.runIf(process.platform === 'linux')('a full disk ends no process, and keeps none from its end', async () => {
  expect(await run(`${turns}; process.exit(7)`, fullDisk())).toMatchObject({ code: 7, errors: '' })
  expect(await run(turns, fullDisk())).toMatchObject({ code: 0, errors: '' })
})

test('a reader that has gone away ends no process', async () => {
  const { code } = await run(`${turns}; process.exit(7)`, 'gone')
  expect(code).toBe(7)
})

test('what was written right before the end is there, in its order', async () => {
  const { code, lines } = await run('for (let n = 0; n < 3000; n++) log.info({ n }, "line"); process.exit(3)', 'pipe')
  expect(code).toBe(3)
  const numbers = lines
    .trim()
    .split('\n')
    .map(line => (JSON.parse(line) as { n: number }).n)
  expect(numbers).toEqual(Array.from({ length: 3000 }, (_, n) => n))
})

test('several logs of a process share its standard output', async () => {
  const more = `for (let n = 0; n < 20; n++) createLog('registry', 'info').info('line')`
  const { errors, lines } = await run(`${more}; log.info('last')`, 'pipe')
  expect(errors).toBe('')
  expect(lines.trim().split('\n')).toHaveLength(21)
})

test('lines that had to be left out are counted', async () => {
  const { lines } = await run('const text = "x".repeat(100_000); for (let n = 0; n < 100; n++) log.info(text)', 'pipe')
  const all = lines.trim().split('\n')
  const { lines: lost } = JSON.parse(all.at(-1) as string) as { lines: number }
  expect(lost).toBeGreaterThan(0)
  expect(all.length - 1 + lost).toBe(100)
})
