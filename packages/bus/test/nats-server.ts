import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startOwnNats, temporaryFolder } from '@slipway/testing'

export type TestNats = Awaited<ReturnType<typeof startOwnNats>>

/** A NATS server of the test's own; `config`: lines of a configuration file, e.g. for users or a payload limit. */
export async function startNats({ config }: { readonly config?: string } = {}): Promise<TestNats> {
  if (config === undefined) return startOwnNats()
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'nats.conf')
  await writeFile(file, config)
  return await startOwnNats({ config: file })
}
