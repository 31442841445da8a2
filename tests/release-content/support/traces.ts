import type { Statement } from '@slipway/store'
import { eventually } from '@slipway/testing'
import { expect } from 'vitest'
import { withStore } from '../../chaos/event-audit.ts'
import { type Flow, patience, type Release } from './flow.ts'

const versions: Statement = {
  name: 'traces-versions',
  text: `
    select p.name as package, v.name, v.state, (
      select count(*)::integer from release_file f where f.release_version_id = v.release_version_id) as files
    from release_version v join release_package p using (release_package_id)
    where v.name like $1 || ' %' order by p.name, v.name`,
}
const made: Statement = { name: 'traces-made', text: 'select from release_task_version where release = $1' }
const cut: Statement = {
  name: 'traces-cut',
  text: `
    select s.owner, v.released from source_version v join source s on s.position = v.source
    where v.id = $1 order by s.owner`,
}
const kept: Statement = {
  name: 'traces-kept',
  text: `
    select r.study from release_version r join release_task t using (task) join blob b on b.name = r.blob
    where t.release = $1 and b.removed_at is null order by r.study`,
}
/** Bytes under a name that has the release in it: exports of its versions, and copies of those. */
const bytes: Statement = {
  name: 'traces-bytes',
  text: `select count(*)::integer as count from blob where removed_at is null and name like '%' || $1 || '%'`,
}

/** All that a release has left: versions of packages, versions of sources, files, in whatever state. */
async function tracesOf({ slipway }: Flow, { kf_id, name }: Release) {
  const catalog = await withStore(slipway.platform, 'catalog', async store => ({
    versions: await store.read(versions, [name]),
    made: (await store.read(made, [kf_id])).length,
  }))
  const exporter = await withStore(slipway.platform, 'exporter', async store => ({
    cut: await store.read(cut, [kf_id]),
    kept: await store.read(kept, [kf_id]),
    bytes: await store.read(bytes, [kf_id]),
  }))
  return { ...catalog, ...exporter }
}

/** A version in each package and of each source, once, with everything in it; or nothing at all. */
export async function expectTraces(flow: Flow, release: Release): Promise<void> {
  const isPublished = release.state === 'published'
  const parts = isPublished ? flow.parts : []
  const name = `${release.name} ${release.version}`
  const expected = {
    versions: parts.map(({ packageName }) => ({ package: packageName, name, state: 'online', files: 2 })),
    made: parts.length,
    cut: parts.map(({ org }) => ({ owner: org, released: true })),
    kept: parts.map(({ study }) => ({ study })),
    bytes: [{ count: 2 * parts.length }],
  }
  await eventually(async () => {
    expect(await tracesOf(flow, release), `of ${release.name}, which is ${release.state}`).toEqual(expected)
  }, patience)
}
