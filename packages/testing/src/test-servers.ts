import { inject } from 'vitest'
// Brings the names of what is provided into the types of `inject`.
import type {} from './global-setup.ts'

const advice = 'this workspace has no int or e2e test, or vitest was not started through its vitest.config.ts'

/** The PostgreSQL server of this test run. `url` is a superuser's, of the database `postgres`. */
export function testPostgres(): { readonly url: string } {
  const url = inject('slipwayPostgresUrl') as string | undefined
  if (!url) throw new Error(`no PostgreSQL was started for this test run: ${advice}`)
  return { url }
}

/**
 * The NATS server of this test run, with JetStream. All files of the run share it: a test that needs streams to itself
 * starts a server of its own with `startOwnNats`.
 */
export function testNats(): { readonly url: string } {
  const url = inject('slipwayNatsUrl') as string | undefined
  if (!url) throw new Error(`no NATS was started for this test run: ${advice}`)
  return { url }
}
