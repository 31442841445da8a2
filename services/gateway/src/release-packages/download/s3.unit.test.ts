import { describe, expect, it } from 'vitest'
import { publicAddress, s3Location, signS3Request } from './s3.ts'

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

  it('are made for the buckets that are named', async () => {
    const some = { ...settings, buckets: ['mine'] }
    expect(await signS3Request({ bucket: 'mine', key: 'k' }, 'HEAD', some)).toBeDefined()
    expect(await signS3Request({ bucket: 'other', key: 'k' }, 'HEAD', some)).toBeUndefined()
    expect(await signS3Request({ bucket: 'mine', key: 'k' }, 'HEAD', undefined)).toBeUndefined()
  })
})
