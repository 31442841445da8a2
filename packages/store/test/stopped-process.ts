/**
 * A process to be stopped: `node stopped-process.ts <what> <database url> <folder>`. Says `held` when it holds what others
 * want, and keeps it: a row in the middle of a transaction, the turn to work alone, or the turn to migrate.
 */
import { writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { pino } from 'pino'
import { migrate, openStore } from '../src/mod.ts'

const [, , what = '', url = '', folder = ''] = process.argv
const log = pino({ level: 'silent' })
const forEver = 3_600_000

async function hold(): Promise<void> {
  if (what === 'migration') {
    setTimeout(() => writeSync(1, 'held\n'), 300)
    await migrate(url, folder, log)
    return
  }
  const store = await openStore({ url, log, name: 'to be stopped', idleTransactionMs: 500 })
  if (what === 'lock') await store.lock('the work')
  else {
    await store.transaction(async tx => {
      await tx.query({ name: 'test.hold', text: 'update thing set n = -1 where id = 1' })
      writeSync(1, 'held\n')
      await delay(forEver)
    })
  }
  writeSync(1, 'held\n')
  await delay(forEver)
}

await hold()
