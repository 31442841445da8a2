import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { failure } from '@slipway/contracts'
import type { Output } from '../output.ts'
import type { PlatformApi } from '../platform-api.ts'
import { countText } from '../progress.ts'
import type { ReleaseProgress } from '../release-progress.ts'
import { download, refusedDownload } from './download.ts'
import type { Loaded } from './load.ts'
import { type ReleaseFile, versionsOf } from './package.ts'
import type { People } from './people.ts'
import { countsOf } from './source.ts'
import { verifyExport } from './verify.ts'

export type HandOutOptions = {
  readonly release: ReleaseProgress
  readonly loaded: readonly Loaded[]
  readonly people: People
  /** Where downloads go. */
  readonly folder: string
  readonly output: Output
}

const patienceMs = 30_000
const pollMs = 250

/** Downloads what was published, as somebody who may, looks into it, and tries the same as somebody who may not. */
export async function handOut({ release, loaded, people, folder, output }: HandOutOptions): Promise<void> {
  const { affiliate, stranger } = people
  await mkdir(folder, { recursive: true })
  output.print(`downloads of ${affiliate.login}, into ${folder}:`)
  for (const { dictionary, terminology, packageId } of loaded) {
    const file = await publishedFile(affiliate.api, packageId, `${release.name} ${release.version}`)
    const { id } = dictionary.source
    const name = `${id}-${release.version}.zip`
    const path = join(folder, name)
    const { bytes, sha256 } = await download(affiliate.api, file, path)
    const label = `${id} read back`
    const version = await countsOf(affiliate.api, dictionary, release.id)
    const found = await verifyExport({ path, terminology, version, label, onProgress: output.progress })
    const [size, concepts, mappings] = [bytes, found.concepts, found.mappings].map(countText)
    output.print(`  ${name}: ${size} bytes, SHA-256 ${sha256.slice(0, 16)}…, both as the platform says`)
    output.print(`  ${name}: opened, all ${concepts} concepts and ${mappings} mappings are in it`)
    const status = await refusedDownload(stranger.api, file)
    output.print(`  ${name}: refused to ${stranger.login}, whom nobody approved (${status})`)
  }
}

/** The file of a version as soon as that is online under its final name: the catalog learns the number by an event. */
async function publishedFile(api: PlatformApi, packageId: number, name: string): Promise<ReleaseFile> {
  const until = Date.now() + patienceMs
  for (;;) {
    const versions = await versionsOf(api, packageId)
    const [file, ...others] = versions.find(version => version.name === name && version.online)?.releaseFiles ?? []
    if (file && others.length === 0) return file
    if (Date.now() > until) {
      throw failure(
        'timeout',
        `package ${packageId} has no version "${name}" with one file: ${JSON.stringify(versions)}`,
      )
    }
    await delay(pollMs)
  }
}
