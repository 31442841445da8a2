import { expect, test } from 'vitest'
import { openLauncherLog } from './launcher-log.ts'

test.runIf(process.platform === 'linux')('a full disk does not end the launcher, and people still hear it', () => {
  const heard: string[] = []
  using log = openLauncherLog('/dev/full', line => void heard.push(line))
  log.say('first')
  log.say('second')
  expect(heard).toEqual(['first', 'second'])
})
