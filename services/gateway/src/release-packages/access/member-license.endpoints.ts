import { failure, memberOperations } from '@slipway/contracts'
import type { FastifyReply } from 'fastify'
import type { Endpoint, EndpointCall } from '../endpoint.ts'
import { multipartUpload } from '../multipart-upload.ts'
import { modifiedSince } from '../request-input.ts'
import { sendBytes } from '../serve-endpoints.ts'

const { license, setLicense } = memberOperations

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** Fields behind the file are read after it: they are set by a call of their own. */
async function upload({ request, reply, parameters, call, options }: EndpointCall): Promise<FastifyReply> {
  const fields = new Map<string, string>()
  const file = await multipartUpload(request, 'file', options.uploadLimit, fields)
  const namesOf = () => ({ licenseName: fields.get('licenseName'), licenseVersion: fields.get('licenseVersion') })
  if (!file && fields.size === 0) throw failure('malformed', "Required part 'file' is not present.")
  const { filename, mimetype, bytes = nothing() } = file ?? {}
  const names = namesOf()
  const input = { key: parameters.key as string, filename: filename?.slice(0, 255), mimetype: mimetype?.slice(0, 255) }
  let answer = await options.bus.upload(setLicense, { ...input, ...names }, bytes, call)
  await file?.ended
  const later = namesOf()
  if (later.licenseName !== names.licenseName || later.licenseVersion !== names.licenseVersion) {
    const again = { ...call, commandId: undefined }
    answer = await options.bus.upload(setLicense, { key: input.key, ...later }, nothing(), again)
  }
  return sendBytes(reply, answer.status, answer.headers, answer.body)
}

const path = '/api/members/:key/license'

export const memberLicenseEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path,
    audience: 'anyone',
    operation: license,
    input: request => ({ modifiedSince: modifiedSince(request), head: request.method === 'HEAD' }),
    describe: {
      query: [],
      produces: ['application/octet-stream'],
      others: { 204: 'The member has no licence', 304: 'It was not replaced since' },
    },
  },
  {
    method: 'POST',
    path,
    audience: 'editor',
    operation: setLicense,
    answer: upload,
    streamed: true,
    describe: { consumes: ['multipart/form-data'] },
  },
]
