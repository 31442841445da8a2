import { buffer } from 'node:stream/consumers'
import type { InputOf, Operation } from '@slipway/contracts'
import type { FastifyReply } from 'fastify'
import { sendReply } from '../../api/answers.ts'
import type { Endpoint, EndpointCall } from '../endpoint.ts'

/**
 * On the bus the report of an application is `usageReport`, because `commercialUsage` was released as always null; clients
 * of MLDS look for it under that name. Bodies are those of affiliates and applications, alone or in lists.
 */
export function withUsageReports(body: Uint8Array): Buffer {
  const named = (_key: string, value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || !('usageReport' in value)) return value
    const { usageReport, ...application } = value
    return { ...application, commercialUsage: usageReport }
  }
  return Buffer.from(JSON.stringify(JSON.parse(Buffer.from(body).toString('utf8'), named)))
}

/** Passes the answer of an operation on, whole, with reports where clients look for them. */
export async function answerWithReports(
  endpointCall: EndpointCall,
  { operation, input }: Endpoint,
): Promise<FastifyReply> {
  const { request, reply, parameters, call, options } = endpointCall
  const given = { ...parameters, ...input?.(request) } as InputOf<Operation>
  const { bus } = options
  if (operation?.flow !== 'streamed-answer') {
    const { status, headers, body } = await bus.request(operation as Operation, given, call)
    return sendReply({ status, headers, body: withUsageReports(body) }, reply)
  }
  const { status, headers, body } = await bus.openStream(operation, given, call)
  return sendReply({ status, headers, body: withUsageReports(await buffer(body)) }, reply)
}
