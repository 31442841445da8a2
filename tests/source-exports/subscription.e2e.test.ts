import { eventually } from '@slipway/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { unzip } from './support/client.ts'
import { platform } from './support/platform.ts'

const running = platform()

const concept = (id: string) => ({ id, concept_class: 'Test', datatype: 'N/A', names: [{ name: id, locale: 'en' }] })

beforeAll(async () => {
  const { ada } = running.as
  await ada.post('/orgs/', { id: 'CIEL', name: 'CIEL' })
  await ada.post('/orgs/CIEL/sources/', { id: 'CIEL', name: 'CIEL' })
  for (const id of ['A', 'B']) await ada.post('/orgs/CIEL/sources/CIEL/concepts/', concept(id))
  const from_concept_url = '/orgs/CIEL/sources/CIEL/concepts/A/'
  const to_concept_url = '/orgs/CIEL/sources/CIEL/concepts/B/'
  const mapping = { map_type: 'Q-AND-A', from_concept_url, to_concept_url }
  expect((await ada.post('/orgs/CIEL/sources/CIEL/mappings/', mapping)).status).toBe(201)
  const version = await ada.post('/orgs/CIEL/sources/CIEL/versions', { id: 'v2.2', released: true })
  expect(version).toMatchObject({ status: 201, headers: { location: '/orgs/CIEL/sources/CIEL/v2.2/' } })
})

const source = '/orgs/CIEL/sources/CIEL'

describe('a subscriber', () => {
  it('finds the newest release, fetches its export and everything since', async () => {
    const { bob, nobody, ada } = running.as
    const newest = await bob.get(`${source}/versions/?limit=1&released=true`)
    expect(newest.body.map(({ id }: { id: string }) => id)).toEqual(['v2.2'])
    expect(newest.headers).toMatchObject({ num_found: '1', num_returned: '1' })

    const path = `${source}/v2.2/export/`
    const answer = await eventually(async () => {
      const seen = await bob.get(path)
      return seen.status === 200 && seen
    })
    expect(answer.headers).toMatchObject({
      'content-type': 'application/zip',
      'last-updated-timezone': 'UTC',
      lastupdatedtimezone: 'UTC',
      'cache-control': 'no-cache, no-store, must-revalidate',
    })
    const { name, text } = unzip(answer.bytes)
    expect(name).toBe('export.json')
    expect(text.startsWith('{"type": "Source Version"')).toBe(true)
    const file = JSON.parse(text)
    expect(file.concepts.map(({ id }: { id: string }) => id)).toEqual(['A', 'B'])
    expect(file.mappings).toHaveLength(1)

    const url = String(answer.headers.exporturl)
    for (const caller of [nobody, running.as.former]) {
      const download = await caller.get(url)
      expect(download).toMatchObject({ status: 200, headers: { 'content-type': 'application/zip' } })
      expect(download.bytes.equals(answer.bytes)).toBe(true)
    }
    expect((await nobody.get(url.replace(/signature=[^&]+/, 'signature=x'))).status).toBe(403)
    const etag = String(answer.headers.etag)
    expect((await bob.get(path, { 'if-none-match': etag })).status).toBe(304)
    const part = await bob.get(path, { range: 'bytes=0-3' })
    expect(part).toMatchObject({ status: 206, text: 'PK\u0003\u0004' })

    await ada.post(`${source}/concepts/`, concept('C'))
    await ada.delete(`${source}/concepts/A/`)
    const since = String(answer.headers.lastupdated)
    const diff = await bob.get(
      `${source}/?includeMappings=true&includeConcepts=true&includeRetired=true&limit=0&updatedSince=${since}`,
    )
    const ids = diff.body.concepts.map(({ id }: { id: string }) => id)
    expect(ids.slice(-2)).toEqual(['C', 'A'])
    expect(diff.body.concepts.at(-1)).toMatchObject({ retired: true, update_comment: 'Concept was retired' })
    expect(diff.text.startsWith('{"type":"Source"')).toBe(true)
    expect(diff.text.indexOf('}')).toBeLessThan(diff.text.indexOf('"concepts"'))
  })

  it('gets any answer as an archive', async () => {
    const { nobody } = running.as
    const query = '?includeMappings=true&includeConcepts=true&includeRetired=true&limit=100000'
    const archive = await nobody.get(`${source}${query}`, { compress: 'true' })
    expect(archive).toMatchObject({ status: 200, headers: { 'content-type': 'application/zip' } })
    const plain = await nobody.get(`${source}/${query}`)
    expect(unzip(archive.bytes)).toEqual({ name: 'export.json', text: plain.text })
    const list = await nobody.get('/sources/?limit=1', { compress: 'true' })
    expect(JSON.parse(unzip(list.bytes).text)).toHaveLength(1)
    expect(list.headers.num_found).toBe('1')
  })

  it('sees the state of an export by HEAD, and may make and delete it', async () => {
    const { ada, bob, nobody } = running.as
    const path = `${source}/v2.2/export/`
    const ready = async () => eventually(async () => (await bob.send('HEAD', path)).status === 200)
    await ready()
    expect((await bob.send('HEAD', path)).bytes).toHaveLength(0)
    expect((await nobody.post(path)).status).toBe(401)
    const started = await bob.post(`${path}?noRedirect=true`)
    expect(started).toMatchObject({ status: 202, text: '', headers: { url: path } })
    await ready()
    expect((await bob.delete(path)).status).toBe(403)
    expect((await ada.delete(path)).status).toBe(204)
    expect(await ada.delete(path)).toMatchObject({ status: 404, body: { detail: 'Not found.' } })
    expect(await bob.send('HEAD', path)).toMatchObject({ status: 204, text: '' })
    const first = await bob.get(path)
    expect(first).toMatchObject({ status: 204, text: '' })
    expect(first.headers).not.toHaveProperty('exporturl')
    await ready()
    expect(await ada.get(`${source}/HEAD/export/`)).toMatchObject({ status: 405, text: '' })
    expect((await ada.put(path)).status).toBe(405)
    expect((await ada.put(`${source}/v9/export/`)).status).toBe(404)
    expect((await nobody.get('/users/nil/sources/x/v1/export/')).status).toBe(404)
  })
})

describe('an own source', () => {
  it('is reached by /user and by /users', async () => {
    const { bob, nobody, ada } = running.as
    expect((await bob.post('/user/sources/', { id: 'mine', name: 'Mine', public_access: 'None' })).status).toBe(201)
    expect((await bob.get('/users/bob/sources/mine')).body.url).toBe('/users/bob/sources/mine/')
    expect((await bob.post('/user/sources/mine/versions/', { id: 'v1' })).status).toBe(201)
    await eventually(async () => (await bob.get('/user/sources/mine/v1/export')).status === 200)
    expect((await nobody.get('/user/sources/mine/')).status).toBe(401)
    // What is private is not there for others.
    expect((await nobody.get('/users/bob/sources/mine/')).status).toBe(404)
    expect((await ada.get('/users/bob/sources/mine/')).status).toBe(404)
  })
})
