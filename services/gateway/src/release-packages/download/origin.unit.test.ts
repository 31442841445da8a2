import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { isFailure } from '@slipway/contracts'
import { type FileOrigin, fileOrigin } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOrigin, type Origin, type OriginOptions } from './origin.ts'

let files: FileOrigin
let elsewhere: FileOrigin
const opened = new AsyncDisposableStack()

beforeAll(async () => {
  files = opened.use(await fileOrigin())
  elsewhere = opened.use(await fileOrigin())
})
afterAll(() => opened.disposeAsync())

function origin(options: Partial<OriginOptions> = {}): Origin {
  const made = createOrigin({
    allowInternal: true,
    connectTimeoutMs: 2_000,
    firstByteTimeoutMs: 2_000,
    idleTimeoutMs: 2_000,
    s3: undefined,
    ...options,
  })
  opened.defer(() => made.close())
  return made
}

const get = (address: string, headers: Record<string, string> = {}, client = origin()) =>
  client.open({ address, method: 'GET', headers, signal: new AbortController().signal })

/** The code of the failure, and everything that a client could be told. */
async function failed(attempt: Promise<unknown>) {
  const error = await attempt.then(
    () => undefined,
    reason => reason,
  )
  if (!isFailure(error)) throw new Error('no failure', { cause: error })
  return { code: error.code, message: error.message }
}

async function server(handle: RequestListener): Promise<string> {
  const listening = createServer(handle).listen(0, '127.0.0.1')
  opened.defer(() => {
    listening.closeAllConnections()
    listening.close()
  })
  await new Promise(resolve => listening.once('listening', resolve))
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`
}

describe('redirects', () => {
  it.each([301, 302, 303, 307, 308])('of status %i are followed, also to other origins', async status => {
    const target = elsewhere.put('/moved.txt', { content: 'moved' })
    const address = files.put(`/${status}`, { content: '', redirectTo: target, status })
    const answer = await get(address, { 'if-none-match': '"x"' })
    expect(await text(answer.body)).toBe('moved')
    expect(elsewhere.requests.at(-1)?.headers['if-none-match']).toBe('"x"')
  })

  it('are followed ten times and no more', async () => {
    files.put('/end', { content: 'the end' })
    for (let left = 11; left > 0; left -= 1) {
      files.put(`/hop/${left}`, { content: '', redirectTo: left === 1 ? '/end' : `/hop/${left - 1}` })
    }
    expect(await text((await get(`${files.url}/hop/10`)).body)).toBe('the end')
    expect((await failed(get(`${files.url}/hop/11`))).code).toBe('bad_upstream')
    files.put('/loop', { content: '', redirectTo: '/loop' })
    expect((await failed(get(`${files.url}/loop`))).code).toBe('bad_upstream')
  })

  it.each(['ftp://127.0.0.1/x', 'file:///etc/passwd', 'http://', 's3://bucket/key'])(
    'to %s lead nowhere',
    async target => {
      const address = files.put('/astray', { content: '', redirectTo: target })
      expect((await failed(get(address))).code).toBe('bad_upstream')
    },
  )

  it('keep credentials of the address from other origins', async () => {
    const target = elsewhere.put('/open', { content: 'open' })
    const address = files.put('/locked', { content: '', redirectTo: target })
    await get(address.replace('http://', 'http://me:se%3Acret@'))
    expect(files.requests.at(-1)?.headers.authorization).toBe(`Basic ${Buffer.from('me:se:cret').toString('base64')}`)
    expect(elsewhere.requests.at(-1)?.headers.authorization).toBeUndefined()
  })
})

describe('the guard', () => {
  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://[fe80::1]/',
    'http://0.0.0.0/',
    'http://[::ffff:a9fe:a9fe]/',
  ])('never lets a request to %s out', async address => {
    const refused = { code: 'bad_upstream', message: 'The address of the file is not allowed.' }
    expect(await failed(get(address))).toEqual(refused)
    const redirect = files.put('/to-metadata', { content: '', redirectTo: address })
    expect(await failed(get(redirect))).toEqual(refused)
  })

  it('looks at the address that a name leads to when the connection is made', async () => {
    const address = files.put('/private', { content: 'private' })
    const before = files.requests.length
    const client = origin({ allowInternal: false })
    for (const url of [
      address,
      address.replace('127.0.0.1', 'localhost'),
      address.replace('127.0.0.1', '2130706433'),
    ]) {
      expect((await failed(get(url, {}, client))).message).toBe('The address of the file is not allowed.')
    }
    expect(files.requests).toHaveLength(before)
  })
})

describe('failures', () => {
  it('tell nothing of the address', async () => {
    const closed = await server(() => {})
    const address = `${closed.replace(/\d+$/, '1')}/secret-path`
    const { code, message } = await failed(get(address))
    expect(code).toBe('bad_upstream')
    expect(message).toBe('The file cannot be fetched.')
    const { message: unknown } = await failed(get('http://no-such-host.invalid/x'))
    expect(unknown).toBe('The file cannot be fetched.')
  })

  it('are timeouts when the origin does not begin', async () => {
    const silent = files.put('/silent', { content: '', silent: true })
    expect((await failed(get(silent, {}, origin({ firstByteTimeoutMs: 100 })))).code).toBe('timeout')
    const headersOnly = files.put('/headers-only', { content: 100, stallsAfter: 0 })
    expect((await failed(get(headersOnly, {}, origin({ idleTimeoutMs: 100 })))).code).toBe('timeout')
  })

  it('are told before anything is sent when an origin dies at once', async () => {
    const dying = files.put('/dying', { content: 100, diesAfter: 0 })
    expect((await failed(get(dying))).code).toBe('bad_upstream')
  })

  it('do not come from a kept connection that the origin closed', async () => {
    let asked = 0
    const address = await server((request, response) => {
      asked += 1
      // The first connection ends, without a word, when it is used for the second time.
      if (asked === 2) request.socket.destroy()
      else response.end(`answer ${asked}`)
    })
    const client = origin()
    expect(await text((await get(address, {}, client)).body)).toBe('answer 1')
    expect(await text((await get(address, {}, client)).body)).toBe('answer 3')
  })
})

describe('objects of S3', () => {
  const s3 = {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'secret',
    sessionToken: undefined,
    region: 'eu-central-1',
    buckets: ['releases'],
  }

  it('are asked for with a signature', async () => {
    files.put('/releases/a%20b/c.zip', { content: 'object' })
    const client = origin({ s3: { ...s3, endpoint: files.url } })
    const answer = await get('s3://releases/a b/c.zip', { range: 'bytes=0-2' }, client)
    expect([answer.status, await text(answer.body)]).toEqual([206, 'obj'])
    const { headers } = files.requests.at(-1) ?? {}
    expect(headers?.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/s3\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[\da-f]{64}$/,
    )
  })

  it('are asked for at an internal address too, if that is where the store is', async () => {
    files.put('/releases/inside.zip', { content: 'object' })
    files.put('/releases/redirected.zip', { content: '', redirectTo: elsewhere.put('/inside', { content: 'x' }) })
    const client = origin({ allowInternal: false, s3: { ...s3, endpoint: files.url } })
    expect(await text((await get('s3://releases/inside.zip', {}, client)).body)).toBe('object')
    expect((await failed(get(`${files.url}/releases/inside.zip`, {}, client))).code).toBe('bad_upstream')
    expect((await failed(get('s3://releases/redirected.zip', {}, client))).code).toBe('bad_upstream')
  })

  it.each(['s3://releases', 's3://releases/', 's3:///key', 's3://releases/../other/key'])(
    'are not complete as %s',
    async address => {
      const client = origin({ s3: { ...s3, endpoint: files.url } })
      expect((await failed(get(address, {}, client))).code).toBe('bad_upstream')
    },
  )
})
