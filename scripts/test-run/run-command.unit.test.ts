import { expect, test } from 'vitest'
import { runCommand } from './run-command.ts'

const keep = { cwd: '.', output: 'keep' } as const

test('keeps both outputs and the exit code', async () => {
  const script = 'console.log("out"); console.error("err"); process.exitCode = 3'
  const { code, output } = await runCommand(['node', '-e', script], keep)
  expect(code).toBe(3)
  expect(output).toContain('out\n')
  expect(output).toContain('err\n')
})

test('a program that is not there is a failure, not an error', async () => {
  expect(await runCommand(['no-such-program'], keep)).toMatchObject({
    code: null,
    output: expect.stringMatching('ENOENT'),
  })
})
