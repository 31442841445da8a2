import { type InputOf, packageLicenceOperations } from '@slipway/contracts'
import type { FastifyReply } from 'fastify'
import { sendReply } from '../api/answers.ts'
import type { Endpoint, EndpointCall } from './endpoint.ts'
import { packagePath } from './package.endpoints.ts'
import { modifiedSince } from './request-input.ts'
import { bytesOf, describedFile, openUpload } from './upload.ts'

const { get, replace } = packageLicenceOperations

/** A form without the part, or with an empty one, changes nothing; whether the caller may change it is told all the same. */
async function upload({ request, reply, parameters, call, options }: EndpointCall): Promise<FastifyReply> {
  const { file } = await openUpload(request, options.uploadLimit)
  const input = { ...parameters, ...describedFile(file) }
  return sendReply(await options.bus.upload(replace, input as InputOf<typeof replace>, bytesOf(file), call), reply)
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
