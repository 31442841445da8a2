import { AwsV4Signer } from 'aws4fetch'

/** How objects of S3 are asked for; from the variables that every client of S3 knows. */
export type S3Settings = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | undefined
  readonly region: string
  /** Of an S3-compatible store, addressed by path. Default: Amazon's. */
  readonly endpoint: string | undefined
  /** Buckets that requests are signed for. Default: all. */
  readonly buckets: readonly string[] | undefined
}

/** An object, or what is missing to name one. */
export type S3Location = { readonly bucket: string; readonly key: string }

export type SignedRequest = { readonly url: string; readonly headers: Readonly<Record<string, string>> }

const hostSuffix = '.s3.amazonaws.com'

/**
 * The object behind `s3://bucket/key` or `https://bucket.s3.amazonaws.com/key`; undefined for other addresses. Both
 * parts of it may be empty.
 */
export function s3Location(address: string): S3Location | undefined {
  const [, bucket, key = ''] = /^s3:\/\/([^/]*)\/?(.*)$/is.exec(address) ?? []
  if (bucket !== undefined) return { bucket, key }
  const url = URL.parse(address)
  if (!url?.hostname.endsWith(hostSuffix)) return undefined
  return { bucket: url.hostname.slice(0, -hostSuffix.length), key: decoded(url.pathname.slice(1)) }
}

/** Amazon's rules for names, and the older ones; above all nothing that ends the host or the path that it stands in. */
const bucketPattern = /^[\w-]+(?:\.[\w-]+)*$/

/**
 * Whether a location names an object of its bucket. A key with `.` or `..` between its slashes is none that can be asked
 * for: in a URL, whatever the encoding, they lead elsewhere, by path even into another bucket.
 */
export function isS3Object({ bucket, key }: S3Location): boolean {
  return bucketPattern.test(bucket) && key !== '' && !key.split('/').some(part => part === '.' || part === '..')
}

/** An address that anybody may ask, for a bucket that is open to all. */
export function publicAddress(location: S3Location): string {
  return addressIn(location, 's3.amazonaws.com')
}

/**
 * The request that S3 answers to the holder of the credentials; undefined if they are not for this bucket, or if the
 * location names no object of it.
 */
export async function signS3Request(
  location: S3Location,
  method: 'GET' | 'HEAD',
  settings: S3Settings | undefined,
): Promise<SignedRequest | undefined> {
  if (!settings || !isS3Object(location) || settings.buckets?.includes(location.bucket) === false) return undefined
  const { region, endpoint, accessKeyId, secretAccessKey, sessionToken } = settings
  const url = endpoint
    ? `${endpoint.replace(/\/+$/, '')}/${location.bucket}/${encodedKey(location)}`
    : addressIn(location, `s3.${region}.amazonaws.com`)
  const signer = new AwsV4Signer({
    method,
    url,
    service: 's3',
    region,
    accessKeyId,
    secretAccessKey,
    ...(sessionToken !== undefined && { sessionToken }),
  })
  const signed = await signer.sign()
  return { url: signed.url.href, headers: Object.fromEntries(signed.headers) }
}

/** A bucket with a dot in its name fits no certificate as a host name, so it goes into the path. */
function addressIn(location: S3Location, host: string): string {
  const key = encodedKey(location)
  const { bucket } = location
  return bucket.includes('.') ? `https://${host}/${bucket}/${key}` : `https://${bucket}.${host}/${key}`
}

const encodedKey = ({ key }: S3Location): string => key.split('/').map(encodeURIComponent).join('/')

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
