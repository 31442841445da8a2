import { Agent } from 'node:http'
import { type HttpAnswer, type HttpMessage, httpExchange } from '@slipway/testing'

export type TestResponse = Omit<HttpAnswer, 'body'> & {
  /** Undefined for an empty body. */
  readonly json: unknown
}

export type TestRequest = HttpMessage & { readonly method?: string }

/** Sends exactly what is given, over a connection of its own unless `agent` says otherwise. */
export async function request(port: number, path: string, given: TestRequest = {}): Promise<TestResponse> {
  const { method = 'GET', ...message } = given
  const agent = message.agent ?? new Agent({ keepAlive: false })
  const { body, ...answer } = await httpExchange(`http://127.0.0.1:${port}`, method, path, { ...message, agent })
  return { ...answer, json: body }
}
