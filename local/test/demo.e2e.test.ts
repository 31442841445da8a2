import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@slipway/testing'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { dictionaries, studyIds } from '../src/demo/content/dictionaries.ts'

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

/** Verbs are fewer than nouns, and have hypernyms, which adverbs lack. */
const words = '--words=verb'
const sizes = { 'ISO-639-3': [7_867, 0], WordNet: [13_789, 13_256] } as const
const written = (count: number) => count.toLocaleString('en')

/** What the demo says of what it downloaded, and whether the files are what it says. */
async function expectHandedOut(stdout: string, version: string): Promise<void> {
  for (const [source, [concepts, mappings]] of Object.entries(sizes)) {
    const name = `${source}-${version}.zip`
    const bytes = await readFile(join(dataDir, 'demo/downloads', name))
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const holds = `${written(concepts)} concepts and ${written(mappings)} mappings`
    expect(linesAbout(stdout, name)).toEqual([
      `${written(bytes.length)} bytes, SHA-256 ${sha256.slice(0, 16)}…, both as the platform says`,
      `opened, all ${holds} are in it`,
      'refused to bob@demo.example, whom nobody approved (403)',
    ])
  }
}
const linesAbout = (stdout: string, name: string) =>
  stdout.split('\n').flatMap(line => (line.startsWith(`  ${name}: `) ? [line.slice(name.length + 4)] : []))

test('a release is published and handed out, and so is another on the same data', { timeout: 360_000 }, async () => {
  const first = await demo(words)
  expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 0, stderr: '' })
  const { stdout } = first
  expect(stdout).toMatch(/^schedules: [1-9]\d\d, real ones .*: http\S+\/rest_api\/v1\/release-schedules\/\?active=1$/mu)
  for (const line of [
    'ISO-639-3 concepts: 7,867 of 7,867',
    'WordNet concepts: 13,789 of 13,789',
    'WordNet mappings: 13,256 of 13,256',
  ]) {
    expect(stdout).toContain(`\n${line} `)
  }
  expect(stdout).toMatch(/^release RE_\w{8} waiting 0\.0\.0$/mu)
  expect(stdout).toMatch(/^task TA_\w{8} slow review running \d+ %$/mu)
  for (const service of ['exporter', 'catalog', 'checksum manifest', 'slow review']) {
    for (const state of ['initialized', 'staged', 'published']) {
      expect(stdout).toMatch(new RegExp(`^task TA_\\w{8} ${service} ${state}$`, 'mu'))
    }
  }
  expect(stdout).toMatch(/^published: release RE_\w{8}, version 0\.1\.0$/mu)
  await expectHandedOut(stdout, '0.1.0')
  const manifest = JSON.parse(await readFile(join(dataDir, 'demo/manifests/manifest-0.0.0.json'), 'utf8'))
  expect(Object.keys(manifest.studies).sort()).toEqual(studyIds(dictionaries('verb')).sort())

  const second = await demo(words)
  expect({ code: second.code, stderr: second.stderr }).toEqual({ code: 0, stderr: '' })
  // What is there is not imported again.
  expect(second.stdout).not.toMatch(/^WordNet (?:concepts|mappings): /mu)
  expect(second.stdout).toMatch(/^published: release RE_\w{8}, version 0\.2\.0$/mu)
  await expectHandedOut(second.stdout, '0.2.0')
})

test.for(['refuse', 'report'])('--fail=%s: the release fails as announced', { timeout: 180_000 }, async name => {
  const { code, stdout, stderr } = await demo(`--fail=${name}`, words)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^release RE_\w{8} failed /mu)
  expect(stdout).toMatch(/^nothing is online: the release left no version of a package, and none of a source$/mu)
  expect(stdout).toMatch(/as announced: the release is failed, the task of "contrary check" is (rejected|failed)\.\n$/u)
})
