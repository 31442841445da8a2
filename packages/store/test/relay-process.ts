/**
 * A relay in a process of its own, to be killed: `node relay-process.ts <database url> <count>`. Writes each event as
 * a line; after `count` of them it writes `full` and answers no more publishing, so their marks never happen.
 */
import { writeSync } from 'node:fs'
import { pino } from 'pino'
import { openStore, startRelay } from '../src/mod.ts'

const [, , url = '', count = '0'] = process.argv
const log = pino({ level: 'silent' })
const store = await openStore({ url, log, name: 'relay to be killed' })
let published = 0
startRelay({
  store,
  source: '/slipway/test',
  log,
  publish: event => {
    if (published === Number(count)) return new Promise(() => {})
    writeSync(1, `${JSON.stringify(event)}\n`)
    if (++published === Number(count)) writeSync(1, 'full\n')
    return published === Number(count) ? new Promise(() => {}) : Promise.resolve()
  },
})
