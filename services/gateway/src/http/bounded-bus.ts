import type { Bus } from '@slipway/bus'
import { type WaitingLine, type WaitingLineOptions, waitingLine } from './waiting-line.ts'

/**
 * The bus for requests of clients: each operation has so many calls under way, and further ones wait in line, for a
 * moment only. So an operation that is slow, or that too many ask for, makes callers of its own wait or fail, early, and
 * leaves the services free for others. A stream has its place until it begins, for the service bounds those that flow.
 */
export function boundedBus(bus: Bus, options: WaitingLineOptions): Bus {
  const lines = new Map<string, WaitingLine>()

  async function inLine<Result>(subject: string, work: () => Promise<Result>): Promise<Result> {
    const line = lines.get(subject) ?? waitingLine(options)
    lines.set(subject, line)
    const place = line.enter()
    if (place) await place
    try {
      return await work()
    } finally {
      line.leave()
    }
  }

  return Object.assign(Object.create(bus) as Bus, {
    call: (operation, input, call) => inLine(operation.subject, () => bus.call(operation, input, call)),
    request: (operation, input, call) => inLine(operation.subject, () => bus.request(operation, input, call)),
    openStream: (operation, input, call) => inLine(operation.subject, () => bus.openStream(operation, input, call)),
    upload: (operation, input, body, call) => inLine(operation.subject, () => bus.upload(operation, input, body, call)),
  } satisfies Pick<Bus, 'call' | 'request' | 'openStream' | 'upload'>)
}
