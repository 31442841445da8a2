import type { TestProject } from 'vitest/node'
import type { SigningKey } from './issuer.ts'
import { startSystem } from './system.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    releaseCoordinatorUrl: string
    releaseCoordinatorIssuer: { readonly url: string; readonly key: SigningKey }
  }
}

/** Starts the platform that all files of this folder share. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const system = await startSystem({
    gateway: { SLIPWAY_ANONYMOUS_RATE_LIMIT: '0' },
    // What happens once must happen once with several processes, too.
    replicas: { coordinator: 2, registry: 2 },
  })
  console.log(`a platform for the Release Coordinator suite: ${system.url}, logs in ${system.platform.logs}`)
  project.provide('releaseCoordinatorUrl', system.url)
  project.provide('releaseCoordinatorIssuer', { url: system.issuer.url, key: system.key })
  return async () => system[Symbol.asyncDispose]()
}
