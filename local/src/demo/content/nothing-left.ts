import { setTimeout as delay } from 'node:timers/promises'
import { failure } from '@slipway/contracts'
import type { PlatformApi } from '../platform-api.ts'
import { sourcePath } from './dictionaries.ts'
import type { Loaded } from './load.ts'
import { versionsOf } from './package.ts'

/** What a release could leave something of. */
type Released = Pick<Loaded, 'dictionary' | 'packageId' | 'versions'>

const pollMs = 250

/**
 * Waits until nothing is left of a release that came to nothing: neither versions in the packages nor versions of the
 * sources. Fails with `timeout` when something stays for longer than `patienceMs`, 30 s by default.
 */
export async function nothingLeft(
  api: PlatformApi,
  released: readonly Released[],
  release: string,
  patienceMs = 30_000,
): Promise<void> {
  const until = Date.now() + patienceMs
  for (;;) {
    const remains = (await Promise.all(released.map(one => remainsOf(api, one, release)))).flat()
    if (remains.length === 0) return
    if (Date.now() > until) throw failure('timeout', `of release ${release} there is still ${remains.join(', ')}`)
    await delay(pollMs)
  }
}

async function remainsOf(
  api: PlatformApi,
  { dictionary, packageId, versions }: Released,
  release: string,
): Promise<string[]> {
  const frozen = `${sourcePath(dictionary)}${release}/`
  const added = (await versionsOf(api, packageId)).filter(({ releaseVersionId: id }) => !versions.includes(id))
  return [
    ...added.map(({ name }) => `version "${name}" of package ${packageId}`),
    ...((await api.find(frozen)) ? [`version ${frozen}`] : []),
  ]
}
