import type { Dictionary } from './content/dictionaries.ts'
import { type Loaded, loadDictionary } from './content/load.ts'
import type { Output } from './output.ts'
import type { PlatformApi } from './platform-api.ts'
import type { TaskServiceToRegister } from './run-release.ts'
import { mirrorStudies } from './studies.ts'

export type PlayOptions = {
  readonly api: PlatformApi
  readonly output: Output
  readonly dictionaries: readonly Dictionary[]
  /** Ids of their studies. */
  readonly studies: readonly string[]
  /** Those of the demo itself. */
  readonly taskServices: readonly TaskServiceToRegister[]
  readonly signal: AbortSignal
}

/** What a release needs: its studies, and content that is bound to them. */
export async function prepare({ api, output, dictionaries }: PlayOptions): Promise<readonly Loaded[]> {
  await mirrorStudies(api, output)
  const loaded: Loaded[] = []
  // One after the other, so that there is one rate to see.
  for (const dictionary of dictionaries) loaded.push(await loadDictionary(api, output, dictionary))
  return loaded
}
