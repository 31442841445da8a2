import { type Platform, type PlatformOptions, startPlatform } from '@slipway/local'
import { temporaryFolder } from '@slipway/testing'

/** A platform as its users start it, quiet, on a free port, in a folder that goes when it is disposed of. */
export async function startTestPlatform(options: PlatformOptions = {}): Promise<Platform> {
  await using opened = new AsyncDisposableStack()
  const folder = opened.use(await temporaryFolder())
  const usual = { dataDir: folder.path, port: 0, quiet: true, durable: false }
  const platform = opened.use(await startPlatform({ ...usual, ...options }))
  const kept = opened.move()
  return { ...platform, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}
