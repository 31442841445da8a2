import type { Platform } from '@slipway/local'
import { afterAll, beforeAll } from 'vitest'
import { startTestPlatform, type TestPlatformOptions } from './start-test-platform.ts'

/** Filled before the first test. */
export type PlatformOfFile<Callers> = { readonly platform: Platform; readonly url: string; readonly as: Callers }

/** A platform for one test file: started before its tests, gone after them. `as` is whoever calls it there. */
export function platformOfFile<Callers>(
  options: () => TestPlatformOptions | Promise<TestPlatformOptions>,
  callersOf: (url: string) => Callers,
): PlatformOfFile<Callers> {
  const running = {} as { -readonly [Part in keyof PlatformOfFile<Callers>]: PlatformOfFile<Callers>[Part] }
  beforeAll(async () => {
    running.platform = await startTestPlatform(await options())
    running.url = running.platform.url
    running.as = callersOf(running.url)
  })
  afterAll(() => running.platform?.[Symbol.asyncDispose]())
  return running
}
