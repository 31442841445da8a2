import type { Bus } from '@slipway/bus'
import { failure, invalid, readInput, taskCommandSchema } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import manifest from '../../package.json' with { type: 'json' }
import { obey, type TaskCommand } from './obey.ts'

/** Registered as `nats://slipway-tasks.catalog`, the catalog takes part in releases. */
const subject = 'slipway-tasks.catalog'
const queue = 'catalog'

const done: ReadonlySet<string> = new Set(['staged', 'published'])

/** Answers the protocol of task services. `kick`: there may be work. */
export async function serveReleaseTasks(bus: Bus, store: Store, kick: () => void): Promise<void> {
  await bus.serveRaw(`${subject}.status`, queue, async () => ({
    body: { name: 'release packages', message: 'makes versions of packages', version: manifest.version },
  }))
  await bus.serveRaw(`${subject}.tasks`, queue, async bytes => {
    const command = readCommand(bytes)
    const state = await obey(store, command)
    kick()
    const { task_id, release_id } = command
    return { body: { task_id, release_id, state, progress: done.has(state) ? 100 : 0 } }
  })
}

function readCommand(bytes: Uint8Array): TaskCommand {
  let cause: unknown
  try {
    const command = readInput(taskCommandSchema, JSON.parse(Buffer.from(bytes).toString('utf8')))
    if (command.success) return command.data
    cause = invalid(command.details)
  } catch (error) {
    cause = error
  }
  throw failure('malformed', 'Not a command for a task.', { cause })
}
