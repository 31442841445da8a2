import { eventually } from '@slipway/testing'
import { expect, onTestFinished, test } from 'vitest'
import { platformApi } from '../src/demo/platform-api.ts'
import { changes, type ReleaseProgress } from '../src/demo/release-progress.ts'
import { mustBePublished, runRelease } from '../src/demo/run-release.ts'
import { scriptedPlatform } from './scripted-platform.ts'

async function start() {
  const platform = await scriptedPlatform()
  onTestFinished(() => platform[Symbol.asyncDispose]())
  const controller = new AbortController()
  const api = platformApi(platform.url, 'T', controller.signal)
  const lines: string[] = []
  const done = runRelease({
    api,
    output: {
      live: false,
      print: line => void lines.push(line),
      show: (before, after) => void lines.push(...changes(before, after)),
      progress() {},
      settle() {},
      close() {},
    },
    taskServices: [{ name: 'review', description: 'slow', url: 'http://127.0.0.1:5001' }],
    releaseName: 'Demo',
    studies: ['SD_00000001', 'SD_00000002'],
    signal: controller.signal,
  })
  done.catch(() => {})
  const begun = () => platform.calls.includes('GET /releases/RE_00000001')
  await eventually(begun)
  return { platform, api, lines, done, controller }
}

const called = (calls: readonly string[], call: string): number => calls.filter(other => other === call).length

test('a release is made, followed, published and followed to its end', async () => {
  const { platform, lines, done } = await start()
  expect([...platform.services.values()].map(({ name, author }) => `${name} ${author}`)).toEqual([
    'of somebody somebody',
    'switched off somebody',
    'review demo',
  ])
  expect(platform.release.studies).toEqual(['SD_00000001', 'SD_00000002'])
  platform.moveRelease('initializing')
  platform.moveTask('review', 'waiting')
  platform.moveRelease('running')
  platform.moveTask('review', 'running', 40)
  expect(called(platform.calls, 'POST /releases/RE_00000001/publish')).toBe(0)
  platform.moveTask('review', 'staged', 100)
  platform.moveRelease('staged')
  await eventually(() => called(platform.calls, 'POST /releases/RE_00000001/publish') === 1)
  platform.moveRelease('publishing')
  platform.moveTask('review', 'published', 100)
  platform.moveRelease('published', '0.1.0')
  expect(await done).toMatchObject({ id: 'RE_00000001', state: 'published', version: '0.1.0' })
  expect(lines).toEqual([
    'task service TS_00000002 of somebody at http://127.0.0.1:5002',
    expect.stringMatching(/^task service TS_\d+ review at http:\/\/127.0.0.1:5001$/u),
    'release RE_00000001 waiting 0.0.1',
    'release RE_00000001 initializing 0.0.1',
    'task TA_00000000 review waiting',
    'release RE_00000001 running 0.0.1',
    'task TA_00000000 review running 40 %',
    'task TA_00000000 review staged',
    'release RE_00000001 staged 0.0.1',
    'release RE_00000001 publishing 0.0.1',
    'task TA_00000000 review published',
    'release RE_00000001 published 0.1.0',
  ])
  await eventually(() => platform.streams.size === 0)
})

test('what happens while the stream is broken is looked up', async () => {
  const { platform, done } = await start()
  platform.breakStreams()
  platform.moveTask('review', 'staged', 100)
  platform.moveRelease('staged')
  await eventually(() => called(platform.calls, 'POST /releases/RE_00000001/publish') === 1)
  platform.breakStreams()
  platform.moveRelease('published', '0.1.0')
  expect((await done).version).toBe('0.1.0')
})

test('a release that fails is not published, and the log says why', async () => {
  const { platform, api, done } = await start()
  platform.faults.push('second fault', 'first fault')
  platform.moveTask('review', 'failed')
  platform.moveRelease('failed')
  const release: ReleaseProgress = await done
  expect(release.state).toBe('failed')
  expect(called(platform.calls, 'POST /releases/RE_00000001/publish')).toBe(0)
  await expect(mustBePublished(api, release)).rejects.toThrow(
    'release RE_00000001 was not published, it is failed: first fault; second fault',
  )
})

test('an interruption ends the waiting', async () => {
  const { done, controller, platform } = await start()
  controller.abort(new Error('stopped by SIGINT'))
  await expect(done).rejects.toThrow('stopped by SIGINT')
  await eventually(() => platform.streams.size === 0)
})
