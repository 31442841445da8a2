import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Platform } from '@slipway/local'
import { deployFile } from '../deploy/deploy-files.ts'

/** A user of the broker who may do everything: for what no user of a platform may. */
export const natsTester = { user: 'tester', pass: 'tester' }

/** Writes the configuration of the platform's NATS with the tester beside its users; returns its path. */
export async function configWithTester(folder: string): Promise<string> {
  const { user, pass } = natsTester
  const config = await readFile(deployFile('nats.conf'), 'utf8')
  const users = `users: [\n    { user: ${user}, password: ${pass} }`
  if (!config.includes('users: [')) throw new Error('deploy/nats.conf has no list of users')
  const file = join(folder, 'nats.conf')
  await writeFile(file, config.replace('users: [', users))
  return file
}

/** The tester's address of a platform that was started with that configuration. */
export function testerUrl({ nats }: Platform): string {
  if (!nats) throw new Error('the platform has no NATS of its own')
  return nats.url.replace('://', `://${natsTester.user}:${natsTester.pass}@`)
}
