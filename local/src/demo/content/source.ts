import type { PlatformApi } from '../platform-api.ts'
import { type Dictionary, sourcePath } from './dictionaries.ts'

/** Makes sure of the org and its source, and that the source is bound to its study. */
export async function ensureSource(api: PlatformApi, dictionary: Dictionary): Promise<void> {
  const { org, source, study } = dictionary
  if (!(await api.find(`/orgs/${org.id}/`))) await api.call('POST', '/orgs/', org)
  const path = sourcePath(dictionary)
  const extras = { study_id: study.kf_id }
  const known = await api.find<{ extras: { study_id?: unknown } }>(path)
  if (!known) await api.call('POST', `/orgs/${org.id}/sources/`, { ...source, supported_locales: 'en', extras })
  // Extras are replaced as a whole; what others put there stays.
  else if (known.extras.study_id !== study.kf_id) {
    await api.call('PATCH', path, { extras: { ...known.extras, ...extras } })
  }
}

/** Concepts and mappings that are not retired. */
export type Counts = { readonly concepts: number; readonly mappings: number }

type SourceFields = { readonly active_concepts: number; readonly active_mappings: number }

/** How much is in a source, or in one of its versions. */
export async function countsOf(api: PlatformApi, dictionary: Dictionary, version?: string): Promise<Counts> {
  const path = `${sourcePath(dictionary)}${version === undefined ? '' : `${version}/`}`
  const { active_concepts, active_mappings } = await api.call<SourceFields>('GET', path)
  return { concepts: active_concepts, mappings: active_mappings }
}
