import { describe, expect, it } from 'vitest'
import { isS3Object, publicAddress, s3Location, signS3Request } from './s3.ts'

describe('addresses of S3', () => {
  it.each([
    ['s3://bucket/a/b.zip', { bucket: 'bucket', key: 'a/b.zip' }],
    ['S3://bucket/a?b#c', { bucket: 'bucket', key: 'a?b#c' }],
    ['s3://bucket', { bucket: 'bucket', key: '' }],
    ['https://bucket.s3.amazonaws.com/a/b%20c.zip?x=1', { bucket: 'bucket', key: 'a/b c.zip' }],
    ['https://my.bucket.s3.amazonaws.com/key', { bucket: 'my.bucket', key: 'key' }],
    ['https://example.org/bucket.s3.amazonaws.com/key', undefined],
    ['https://bucket.s3.amazonaws.com.example.org/key', undefined],
  ])('%s', (address, location) => {
    expect(s3Location(address)).toEqual(location)
  })

  it('are asked for without credentials where everybody may', () => {
    expect(publicAddress({ bucket: 'bucket', key: 'a b/ü' })).toBe('https://bucket.s3.amazonaws.com/a%20b/%C3%BC')
    expect(publicAddress({ bucket: 'a.b', key: 'c' })).toBe('https://s3.amazonaws.com/a.b/c')
  })
})

describe('signed requests', () => {
  const settings = {
    accessKeyId: 'id',
    secretAccessKey: 'secret',
    sessionToken: 'session',
    region: 'eu-central-1',
    endpoint: undefined,
    buckets: undefined,
  }

  it('go to the region', async () => {
    const signed = await signS3Request({ bucket: 'bucket', key: 'a b' }, 'GET', settings)
    expect(signed?.url).toBe('https://bucket.s3.eu-central-1.amazonaws.com/a%20b')
    expect(signed?.headers['x-amz-security-token']).toBe('session')
  })

  it.each([
    's3://mine/../other/key',
    's3://mine/a/../../other/key',
    's3://mine/./../other/key',
    'https://mine.s3.amazonaws.com/..%2Fother%2Fkey',
    'https://mine.s3.amazonaws.com/a%2F%2e%2e%2F..%2Fother%2Fkey',
    's3://../other/key',
    's3://mine.../key',
    's3://.mine/key',
    's3://mine#/key',
    's3://mine?x/key',
    's3://mine@example.org/key',
    's3://mine:80/key',
    's3://example.org%2F/key',
    's3://mine\\..\\other/key',
  ])('are not made for %s, which leads out of its bucket', async address => {
    const location = s3Location(address)
    expect(location && isS3Object(location)).toBe(false)
    for (const endpoint of [undefined, 'http://127.0.0.1:9000', 'http://127.0.0.1:9000/under/']) {
      const named = { ...settings, endpoint, buckets: ['mine', location?.bucket ?? ''] }
      expect(await signS3Request(location ?? { bucket: '', key: '' }, 'GET', named)).toBeUndefined()
    }
  })

  it.each(['s3://my.bucket/%2e%2e/other/key', 's3://my.bucket/..a/b../...', 's3://my.bucket/a//b'])(
    'stay in the bucket with %s',
    async address => {
      const location = s3Location(address)
      if (!location) throw new Error('no location')
      for (const endpoint of [undefined, 'http://127.0.0.1:9000']) {
        const signed = await signS3Request(location, 'GET', { ...settings, endpoint, buckets: ['my.bucket'] })
        const { pathname } = new URL(signed?.url ?? '')
        expect(decodeURIComponent(pathname)).toBe(`/my.bucket/${location.key}`)
      }
    },
  )

  it('are made for the buckets that are named', async () => {
    const some = { ...settings, buckets: ['mine'] }
    expect(await signS3Request({ bucket: 'mine', key: 'k' }, 'HEAD', some)).toBeDefined()
    expect(await signS3Request({ bucket: 'other', key: 'k' }, 'HEAD', some)).toBeUndefined()
    expect(await signS3Request({ bucket: 'mine', key: 'k' }, 'HEAD', undefined)).toBeUndefined()
  })
})
