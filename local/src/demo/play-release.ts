import { handOut } from './content/hand-out.ts'
import { introducePeople } from './content/people.ts'
import { loadLifeCycles } from './life-cycles.ts'
import { type PlayOptions, prepare } from './prepare.ts'
import type { ReleaseProgress } from './release-progress.ts'
import { mustBePublished, runRelease } from './run-release.ts'

/** A release that is published and handed out to `downloads`. Fails when anything is not as it must be. */
export async function playRelease(options: PlayOptions & { downloads: string }): Promise<ReleaseProgress> {
  const { api, output, downloads } = options
  await showSchedules(options)
  const loaded = await prepare(options)
  const people = await introducePeople(api)
  const { affiliate, stranger } = people
  output.print(`people: ${affiliate.login}, an affiliate approved by staff; ${stranger.login}, who is not`)

  const release = await runRelease({ ...options, releaseName: 'Demo release' })
  output.settle()
  await mustBePublished(api, release)
  output.print(`published: release ${release.id}, version ${release.version}`)
  await handOut({ release, loaded, people, folder: downloads, output })
  return release
}

async function showSchedules({ api, output }: PlayOptions): Promise<void> {
  const count = await loadLifeCycles(api)
  const address = `${api.url}/rest_api/v1/release-schedules/?active=1`
  output.print(`schedules: ${count}, real ones of well-known products (endoflife.date): ${address}`)
}
