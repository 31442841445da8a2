import type { Bus } from '@slipway/bus'
import { idPattern, isFailure, taskServiceOperations } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import type { Database } from '../database.ts'
import { addTaskServices, isKnown, readSequences } from './known-task-services.store.ts'

/** What the coordinator knows of the task services, which are the registry's. */
export type KnownTaskServices = {
  /**
   * Ids of the enabled services, asked of the registry: a service registered a moment ago takes part.
   * @throws `unavailable` or `timeout` while no registry answers
   */
  enabled(): Promise<readonly string[]>
  /** Makes sure that a service of which no event has arrived yet is known, if there is such a service at all. */
  ensure(id: string): Promise<void>
}

const pageSize = 1000

export function createKnownTaskServices(store: Store<Database>, bus: Bus): KnownTaskServices {
  return {
    async enabled() {
      const before = await readSequences(store.read)
      const ids: string[] = []
      for (let offset = 0; ; offset += pageSize) {
        const page = await bus.call(taskServiceOperations.list, { enabled: 'true', limit: pageSize, offset })
        await addTaskServices(store.write, page.results, before)
        ids.push(...page.results.map(service => service.kf_id))
        if (page.next === null) return ids.reverse()
      }
    },
    async ensure(id) {
      if (!idPattern.test(id) || (await isKnown(store.read, id))) return
      try {
        const before = await readSequences(store.read)
        const service = await bus.call(taskServiceOperations.get, { kf_id: id })
        await addTaskServices(store.write, [service], before)
      } catch (error) {
        if (!isFailure(error, 'not_found')) throw error
      }
    },
  }
}
