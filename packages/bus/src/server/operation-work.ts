import { type ErrorDetail, invalid, type Operation } from '@slipway/contracts'
import type { OperationHandler, ServeOptions } from '../types.ts'
import { decodeJson } from '../wire/json.ts'
import type { Endpoint } from './endpoint.ts'

/** What an endpoint does for an operation: who calls, is the input right, then the handler. */
export function operationWork(handler: OperationHandler, identify: ServeOptions['identify']): Endpoint['work'] {
  return async (body, call, upload) => {
    const token = call.identityToken
    if (token !== undefined && identify) call.identity = await identify(token)
    const { operation } = handler
    const input = operation.input.safeParse(decodeJson(body, operation.exact))
    if (!input.success) throw invalid(input.error.issues.map(detailOf))
    return handler.handle(input.data, call, upload)
  }
}

type Issue = NonNullable<ReturnType<Operation['input']['safeParse']>['error']>['issues'][number]

/** An issue of zod as a detail. A refinement may name its reason itself: `params: { reason: 'blank' }`. */
function detailOf(issue: Issue): ErrorDetail {
  const own = issue.code === 'custom' ? issue.params?.reason : undefined
  return {
    path: issue.path.map(step => (typeof step === 'symbol' ? String(step) : step)),
    reason: typeof own === 'string' ? own : issue.code,
    message: issue.message,
  }
}
