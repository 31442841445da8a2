import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@slipway/testing'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { studies } from '../src/demo/studies.ts'

/** The demo with all services, as a script would run it. Releases of one data folder follow one another. */
let dataDir: string
let remove: () => Promise<void>
beforeAll(async () => {
  const folder = await temporaryFolder()
  dataDir = join(folder.path, 'data')
  remove = async () => folder[Symbol.asyncDispose]()
})
afterAll(() => remove())

async function demo(...args: string[]) {
  const env = { ...process.env, SLIPWAY_PORT: '0', SLIPWAY_DATA_DIR: dataDir }
  const child = spawn(process.execPath, [join(import.meta.dirname, '../src/demo.ts'), ...args], { env })
  onTestFinished(() => void child.kill('SIGKILL'))
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', chunk => {
    output.stdout += chunk
  })
  child.stderr.on('data', chunk => {
    output.stderr += chunk
  })
  const [code] = await once(child, 'close')
  return { code, ...output }
}

test('a release is published', { timeout: 180_000 }, async () => {
  const { code, stdout, stderr } = await demo()
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^schedules: [1-9]\d\d, real ones .*: http\S+\/rest_api\/v1\/release-schedules\/\?active=1$/mu)
  expect(stdout).toMatch(/^release RE_\w{8} waiting 0\.0\.0$/mu)
  expect(stdout).toMatch(/^task TA_\w{8} checksum manifest running \d+ %$/mu)
  expect(stdout).toMatch(/^task TA_\w{8} slow review running \d+ %$/mu)
  expect(stdout).toMatch(/^release RE_\w{8} staged 0\.0\.0$/mu)
  expect(stdout).toMatch(/published: release RE_\w{8}, version 0\.1\.0; manifests are in .*\n$/u)
  const manifest = JSON.parse(await readFile(join(dataDir, 'demo/manifests/manifest-0.0.0.json'), 'utf8'))
  expect(Object.keys(manifest.studies).sort()).toEqual(studies.map(study => study.kf_id).sort())
})

test.for(['refuse', 'report'])('--fail=%s: the release fails as announced', { timeout: 180_000 }, async name => {
  const { code, stdout, stderr } = await demo(`--fail=${name}`)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^release RE_\w{8} failed /mu)
  expect(stdout).toMatch(/as announced: the release is failed, the task of "contrary check" is (rejected|failed)\.\n$/u)
})
