import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openStore, type Store } from '@slipway/store'
import { captureLog, createDatabase, eventually, type MailServer, mailServer, temporaryFolder } from '@slipway/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startMail } from '../src/mail/mail.ts'
import { enqueueMails } from '../src/mail/queue.ts'
import { mailConnections, smtpTransport } from '../src/mail/transport.ts'
import { startMailWorker } from '../src/mail/worker.ts'

let opened: AsyncDisposableStack
let store: Store
let databaseUrl: string
let server: MailServer

beforeEach(async () => {
  opened = new AsyncDisposableStack()
  const database = opened.use(await createDatabase({ migrations: [new URL('../migrations', import.meta.url)] }))
  databaseUrl = database.url
  store = opened.use(await openStore({ url: database.url, log: captureLog().log, name: 'mail-test' }))
  server = opened.use(await mailServer())
})
afterEach(() => opened.disposeAsync())

function startWorker(url = server.url) {
  const transport = smtpTransport({ url, from: 'Releases <releases@example.org>' })
  const worker = startMailWorker({ store, transport, log: captureLog().log, backoffMs: () => 50 })
  opened.defer(async () => {
    await worker.stop()
    transport.close()
  })
}

const enqueue = (...recipients: string[]) =>
  store.transaction(tx =>
    enqueueMails(
      tx,
      recipients.map(recipient => ({ recipient, subject: `For ${recipient}`, html: `<p>Åsa &amp; ${recipient}</p>` })),
    ),
  )

type Row = { recipient: string; state: string; attempts: number; error: string | null; html: string | null }

const rows = () =>
  store.read<Row>({
    name: 'mails',
    text: 'select recipient, state, attempts, last_error as error, html from mail order by recipient',
  })

const settled = () =>
  eventually(async () => {
    const all = await rows()
    return all.every(({ state }) => state !== 'queued') && all
  })

describe('mails', () => {
  it('arrive once, whole, and leave nothing of their text behind', async () => {
    await enqueue('ann@example.org', 'bob@example.org')
    startWorker()
    startWorker()
    expect(await settled()).toMatchObject([
      { recipient: 'ann@example.org', state: 'sent', attempts: 1, error: null, html: null },
      { recipient: 'bob@example.org', state: 'sent', attempts: 1, error: null, html: null },
    ])
    expect(server.mails.toSorted((a, b) => a.subject.localeCompare(b.subject))).toMatchObject([
      {
        from: 'releases@example.org',
        recipients: ['ann@example.org'],
        subject: 'For ann@example.org',
        html: expect.stringContaining('<p>Åsa &amp; ann@example.org</p>'),
      },
      { recipients: ['bob@example.org'] },
    ])
  })

  it('are tried again as long as the server is away or refuses for now', async () => {
    server.decide((_recipient, tries) => (tries < 4 ? { code: 451, text: 'Try later' } : 'take'))
    await enqueue('ann@example.org')
    startWorker()
    expect(await settled()).toMatchObject([{ state: 'sent', attempts: 4 }])
    expect(server.mails).toHaveLength(1)
  })

  it('are given up when the server refuses for good; others do not suffer', async () => {
    server.decide(recipient => (recipient.startsWith('gone') ? { code: 550, text: 'No such user' } : 'take'))
    await enqueue('gone@example.org', 'here@example.org')
    startWorker()
    expect(await settled()).toMatchObject([
      { recipient: 'gone@example.org', state: 'failed', attempts: 1, error: expect.stringContaining('No such user') },
      { recipient: 'here@example.org', state: 'sent' },
    ])
  })

  it('wait for a server that cannot be reached', async () => {
    await enqueue('ann@example.org')
    startWorker('smtp://127.0.0.1:1')
    await eventually(async () => (await rows()).some(({ attempts, state }) => attempts > 2 && state === 'queued'))
    startWorker()
    expect(await settled()).toMatchObject([{ state: 'sent' }])
  })

  it('are given up after some days', async () => {
    await enqueue('ann@example.org')
    await store.write({ name: 'age', text: `update mail set created_at = now() - interval '4 days'` })
    startWorker()
    expect(await settled()).toMatchObject([{ state: 'failed', error: 'not delivered in 3 days' }])
    expect(server.mails).toEqual([])
  })

  it('go to one recipient each, whatever stands in an address', async () => {
    await enqueue('ann@example.org, bob@example.org', 'x@example.org\r\nRCPT TO:<evil@example.org>')
    startWorker()
    await settled()
    const recipients = server.mails.flatMap(mail => mail.recipients)
    expect(recipients).not.toContain('bob@example.org')
    expect(recipients).not.toContain('evil@example.org')
  })
})

describe('without a mail server', () => {
  it('mails are kept whole in a folder, for its owner only, a file each', async () => {
    await using folder = await temporaryFolder()
    const outbox = join(folder.path, 'new/outbox')
    const mail = await startMail({
      store,
      log: captureLog().log,
      url: undefined,
      folder: outbox,
      from: 'Releases <releases@example.org>',
    })
    opened.defer(() => mail.stop())
    await enqueue('ann@example.org', 'bob@example.org')
    expect(await settled()).toMatchObject([{ state: 'sent' }, { state: 'sent' }])
    const files = await readdir(outbox)
    expect(files).toEqual([expect.stringMatching(/^[\w-]{36}\.eml$/), expect.stringMatching(/^[\w-]{36}\.eml$/)])
    expect((await stat(join(outbox, files[0] as string))).mode & 0o077).toBe(0)
    const texts = await Promise.all(files.map(name => readFile(join(outbox, name), 'utf8')))
    const first = texts.find(text => text.includes('ann@example.org')) ?? ''
    for (const line of [
      'From: Releases <releases@example.org>',
      'To: ann@example.org',
      'Subject: For ann@example.org',
    ]) {
      expect(first).toContain(`${line}\r\n`)
    }
    expect(first).toContain('Message-ID: <')
  })

  it('mails wait for a folder that can not be written', async () => {
    await using folder = await temporaryFolder()
    const outbox = join(folder.path, 'outbox')
    await writeFile(outbox, 'a file')
    const options = { store, log: captureLog().log, url: undefined, folder: outbox, from: 'releases@example.org' }
    const mail = await startMail(options)
    opened.defer(() => mail.stop())
    await enqueue('ann@example.org')
    await eventually(async () => (await rows()).some(({ attempts, error }) => attempts > 0 && error !== null))
    expect(await rows()).toMatchObject([{ state: 'queued' }])
  })
})

describe('a worker that is killed', () => {
  const program = fileURLToPath(new URL('mail-process.ts', import.meta.url))

  function startProcess(): ChildProcess {
    const child = spawn(process.execPath, [program, databaseUrl, server.url], { stdio: 'inherit' })
    opened.defer(() => void child.kill('SIGKILL'))
    return child
  }

  it('again and again loses no mail, and repeats only what was being handed over', async () => {
    const recipients = Array.from({ length: 40 }, (_, index) => `person${index}@example.org`)
    // The server takes its time, so that something is always under way.
    server.decide(() => new Promise(resolve => setTimeout(() => resolve('take'), 20)))
    await enqueue(...recipients)
    const kills = 3
    for (let kill = 1; kill <= kills; kill += 1) {
      const child = startProcess()
      await eventually(() => server.mails.length >= kill * 8)
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    startProcess()
    await settled()
    const byRecipient = Map.groupBy(server.mails, ({ recipients: [recipient] }) => recipient)
    expect([...byRecipient.keys()].toSorted()).toEqual(recipients.toSorted())
    expect(server.mails.length - recipients.length).toBeLessThanOrEqual(kills * mailConnections)
    for (const mails of byRecipient.values()) expect(new Set(mails.map(mail => mail.messageId)).size).toBe(1)
  })
})
