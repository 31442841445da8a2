import './check-node.ts'
import { errorText } from '@slipway/contracts'
import { announcement } from './announcement.ts'
import { onInterruption } from './interruption.ts'
import { type Platform, startPlatform } from './platform/platform.ts'
import { readSettings } from './platform/settings.ts'

const say = (line: string): void => void process.stderr.write(`${line}\n`)

let platform: Platform | undefined
let hard = false

const interruption = onInterruption(() => {
  if (hard) return
  hard = true
  say('ending everything at once')
  // Before the platform stands, its parts notice by themselves that the launcher is gone.
  void Promise.resolve(platform?.kill()).finally(() => process.exit(130))
})

try {
  platform = await startPlatform({ ...readSettings(process.env), notify: say, signal: interruption.signal })
  for (const line of announcement(platform)) say(line)
  process.stdout.write(`ready ${platform.url}\n`)
  await interruption.first
  say('stopping')
  await platform.stop()
} catch (error) {
  if (!interruption.signal.aborted) {
    say(errorText(error))
    process.exitCode = 1
  }
}
// Whatever might still hold the event loop, a launcher whose platform is gone has nothing left to do.
if (!hard) process.exit()
