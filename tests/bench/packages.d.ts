/** What is used of packages that are installed on demand, so that types are checked without them. */

declare module 'autocannon' {
  import type { EventEmitter } from 'node:events'

  namespace autocannon {
    type Options = {
      readonly url: string
      readonly connections: number
      /** Seconds. */
      readonly duration: number
      readonly method: string
      readonly headers: Readonly<Record<string, string>>
      /** Milliseconds between its own samples. */
      readonly sampleInt: number
      body?: string
    }
    type Instance = EventEmitter<{
      response: [client: unknown, status: number, bytes: number, milliseconds: number]
      reqError: [error: Error]
    }>
  }
  function autocannon(options: autocannon.Options, done: (error: Error | null) => void): autocannon.Instance
  export default autocannon
}

declare module 'moleculer' {
  export class ServiceBroker {
    constructor(options: {
      readonly nodeID: string
      readonly transporter: { readonly type: 'NATS'; readonly options: { readonly url: string } }
      readonly logger: false
    })
    createService(schema: Readonly<Record<string, unknown>>): unknown
    start(): Promise<void>
    waitForServices(name: string, timeoutMs: number): Promise<unknown>
  }
}

declare module 'moleculer-web' {
  const mixin: Readonly<Record<string, unknown>>
  export default mixin
}

declare module 'pg-copy-streams' {
  import type { Readable } from 'node:stream'
  import type { Submittable } from 'pg'

  export function to(text: string): Readable & Submittable
}
