import type { TestProject } from 'vitest/node'
import { startSharedNats, startSharedPostgres } from './shared-servers.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    slipwayPostgresUrl: string
    slipwayNatsUrl: string
  }
}

/** Run by vitest once before all test files of a workspace; what it returns runs after them. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await using started = new AsyncDisposableStack()
  // One after the other: if the second does not start, the first is stopped.
  const postgres = started.use(await startSharedPostgres())
  const nats = started.use(await startSharedNats())
  project.provide('slipwayPostgresUrl', postgres.url)
  project.provide('slipwayNatsUrl', nats.url)
  const running = started.move()
  return () => running.disposeAsync()
}
