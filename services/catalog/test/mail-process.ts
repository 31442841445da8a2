/**
 * A mail worker in a process of its own, to be killed: `node mail-process.ts <database url> <mail url>`. Its leases are
 * short, so that whoever comes after it need not wait.
 */
import { openStore } from '@slipway/store'
import { captureLog } from '@slipway/testing'
import { smtpTransport } from '../src/mail/transport.ts'
import { startMailWorker } from '../src/mail/worker.ts'

const [, , databaseUrl = '', url = ''] = process.argv
const { log } = captureLog()
const store = await openStore({ url: databaseUrl, log, name: 'mail worker to be killed' })
startMailWorker({ store, transport: smtpTransport({ url, from: 'test@example.org' }), log, leaseMs: 1_500 })
