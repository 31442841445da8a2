import { failure, memberOperations } from '@slipway/contracts'
import type { FastifyReply } from 'fastify'
import { sendReply } from '../../api/answers.ts'
import type { Endpoint, EndpointCall } from '../endpoint.ts'
import { modifiedSince } from '../request-input.ts'
import { bytesOf, describedFile, nothing, openUpload } from '../upload.ts'

const { license, setLicense } = memberOperations

/** Fields behind the file are read after it: they are set by a call of their own. */
async function upload({ request, reply, parameters, call, options }: EndpointCall): Promise<FastifyReply> {
  const { file, fields, ended } = await openUpload(request, options.uploadLimit, { fields: true })
  const namesOf = () => ({ licenseName: fields.get('licenseName'), licenseVersion: fields.get('licenseVersion') })
  if (!file && fields.size === 0) throw failure('malformed', "Required part 'file' is not present.")
  const names = namesOf()
  const input = { key: parameters.key as string, ...describedFile(file) }
  let answer = await options.bus.upload(setLicense, { ...input, ...names }, bytesOf(file), call)
  // What cannot be read behind the file was not sent.
  await ended.catch(() => {})
  const later = namesOf()
  if (later.licenseName !== names.licenseName || later.licenseVersion !== names.licenseVersion) {
    const again = { ...call, commandId: undefined }
    answer = await options.bus.upload(setLicense, { key: input.key, ...later }, nothing(), again)
  }
  return sendReply(answer, reply)
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
