import { packageLicenceOperations } from '@slipway/contracts'
import type { FastifyReply } from 'fastify'
import type { Endpoint, EndpointCall } from './endpoint.ts'
import { multipartUpload } from './multipart-upload.ts'
import { packagePath } from './package.endpoints.ts'
import { modifiedSince } from './request-input.ts'
import { sendBytes } from './serve-endpoints.ts'

const { get, replace } = packageLicenceOperations

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** A form without the part, or with an empty one, changes nothing; whether the caller may change it is told all the same. */
async function upload({ request, reply, parameters, call, options }: EndpointCall): Promise<FastifyReply> {
  const file = await multipartUpload(request, 'file', options.uploadLimit)
  const { filename, mimetype, bytes = nothing() } = file ?? {}
  const input = { ...parameters, filename: filename?.slice(0, 255), mimetype: mimetype?.slice(0, 255) }
  const { status, headers, body } = await options.bus.upload(replace, input as never, bytes, call)
  return sendBytes(reply, status, headers, body)
}

const path = `${packagePath}/license`

export const licenceEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path,
    audience: 'anyone',
    operation: get,
    input: request => ({ modifiedSince: modifiedSince(request), head: request.method === 'HEAD' }),
    describe: {
      query: [],
      produces: ['application/octet-stream'],
      others: { 204: 'The package has no licence', 304: 'It was not replaced since' },
    },
  },
  {
    method: 'POST',
    path,
    audience: 'editor',
    operation: replace,
    answer: upload,
    streamed: true,
    describe: { consumes: ['multipart/form-data'] },
  },
]
