import { mkdir, rm, symlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Dictionary } from './content/dictionaries.ts'
import type { Output } from './output.ts'
import type { Page, PlatformApi } from './platform-api.ts'

/** Makes a folder for each study, with links to the files that its content comes from. */
export async function linkStudyFiles(folder: string, dictionaries: readonly Dictionary[]): Promise<void> {
  for (const { study, originals } of dictionaries) {
    const own = join(folder, study.kf_id)
    // An earlier run may have wanted other files.
    await rm(own, { recursive: true, force: true })
    await mkdir(own, { recursive: true })
    for (const original of originals) await symlink(original, join(own, basename(original)))
  }
}

/** Has the platform mirror the studies of the demo's data service. */
export async function mirrorStudies(api: PlatformApi, output: Pick<Output, 'print'>): Promise<void> {
  const mirror = await api.call<{ new: number; message: string }>('POST', '/studies/sync')
  const { count } = await api.call<Page<unknown>>('GET', '/studies?limit=1')
  output.print(`studies: ${mirror.new} new, ${count} known. ${mirror.message}`)
}
