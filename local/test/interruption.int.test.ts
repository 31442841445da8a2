import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { eventually } from '@slipway/testing'
import { expect, onTestFinished, test } from 'vitest'

const program = join(import.meta.dirname, 'interruptible.ts')

async function start(file: string, args: string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(file, args, { env: { ...process.env, npm_lifecycle_event: undefined, ...env } })
  let output = ''
  child.stdout.on('data', chunk => {
    output += chunk
  })
  await eventually(() => output.includes('running'))
  const pid = Number(/running (\d+)/u.exec(output)?.[1])
  onTestFinished(() => {
    if (child.exitCode === null || child.pid !== pid) process.kill(pid, 'SIGKILL')
  })
  return { child, pid, said: () => output.trim().split('\n').slice(1) }
}

test('the first signal interrupts, its echo does not, a later one ends everything', async () => {
  const { child, said } = await start(process.execPath, [program])
  const ended = once(child, 'exit')
  child.kill('SIGINT')
  child.kill('SIGINT')
  await eventually(() => said().length > 0)
  expect(said()).toEqual(['SIGINT true'])
  // What is tested is that time must pass.
  await delay(1_100)
  expect(child.exitCode).toBeNull()
  child.kill('SIGTERM')
  expect(await ended).toEqual([130, null])
  expect(said()).toEqual(['SIGINT true', 'hard'])
})

test.for([
  ['of npm', 'start', ['SIGTERM true']],
  ['of somebody else', undefined, []],
])('a shell %s that dies leaves the right thing behind', async ([, npm_lifecycle_event, expected]) => {
  const shell = ['-c', `"${process.execPath}" "${program}"; true`]
  const { child, said } = await start('/bin/sh', shell, { npm_lifecycle_event: npm_lifecycle_event as string })
  child.kill('SIGTERM')
  await once(child, 'exit')
  if (expected?.length) await eventually(() => said().length > 0)
  else await delay(600)
  expect(said()).toEqual(expected)
})
