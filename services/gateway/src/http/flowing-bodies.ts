import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { clientOf } from './client-address.ts'
import { type WaitingLine, waitingLine } from './waiting-line.ts'

export type FlowingBodyOptions = {
  /** Bodies that flow from one address at the same time; 0: no limit. */
  readonly perAddress: number
  /** Milliseconds that a further one may wait. */
  readonly waitMs: number
}

/**
 * Bounds the bodies of one address that flow on to a service. Each holds a call of its operation until it ends, of which
 * there are not many; as slowly as it comes, others must find one. Further ones wait, and stay with the client until then.
 */
export function boundFlowingBodies(app: FastifyInstance, { perAddress, waitMs }: FlowingBodyOptions): void {
  if (perAddress === 0) return
  const clients = new Map<string, { readonly line: WaitingLine; bodies: number }>()

  app.addHook('preHandler', async request => {
    if (!(request.body instanceof Readable) || request.raw.complete) return
    const client = clientOf(request.ip)
    const own = clients.get(client) ?? { line: waitingLine({ places: perAddress, waitMs }), bodies: 0 }
    clients.set(client, own)
    own.bodies += 1
    const forget = () => {
      own.bodies -= 1
      if (own.bodies === 0) clients.delete(client)
    }
    await own.line.enter()?.catch(error => {
      forget()
      throw error
    })
    let isOver = false
    const leave = () => {
      if (isOver) return
      isOver = true
      own.line.leave()
      forget()
    }
    request.raw.once('end', leave).once('close', leave)
    if (request.raw.destroyed) leave()
  })
}
