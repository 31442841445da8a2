import type { Output } from '../output.ts'
import type { PlatformApi } from '../platform-api.ts'
import { countText } from '../progress.ts'
import type { Dictionary } from './dictionaries.ts'
import { importTerminology } from './import.ts'
import { ensurePackage, versionsOf } from './package.ts'
import { countsOf, ensureSource } from './source.ts'
import type { Terminology } from './terminology.ts'

/** A dictionary that is in its source, and has a package for what is released of it. */
export type Loaded = {
  readonly dictionary: Dictionary
  /** What the source must hold at least: an earlier run may have wanted more. */
  readonly terminology: Terminology
  readonly packageId: number
  /** Ids of the versions that the package had before the release. */
  readonly versions: readonly number[]
}

/** Puts a dictionary into its source, as far as it is not there, and makes sure of its package. */
export async function loadDictionary(api: PlatformApi, output: Output, dictionary: Dictionary): Promise<Loaded> {
  const terminology = await dictionary.read()
  await ensureSource(api, dictionary)
  await importTerminology({ api, dictionary, terminology, onProgress: output.progress })
  const counts = await countsOf(api, dictionary)
  const packageId = await ensurePackage(api, dictionary)
  const versions = (await versionsOf(api, packageId)).map(({ releaseVersionId }) => releaseVersionId)
  const { org, source, study } = dictionary
  const holds = `${countText(counts.concepts)} concepts, ${countText(counts.mappings)} mappings`
  output.print(`source ${org.id}/${source.id}: ${holds}; study ${study.kf_id}, package ${packageId}`)
  return { dictionary, terminology, packageId, versions }
}
