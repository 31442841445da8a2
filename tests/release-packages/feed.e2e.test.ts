import { beforeAll, describe, expect, test } from 'vitest'
import { given, pathOf } from './support/given.ts'
import { type Callers, platform } from './support/platform.ts'

const running = platform()
let as: Callers
let make: ReturnType<typeof given>
beforeAll(() => {
  as = running.as
  make = given(as.admin)
})

const edition = 'http://snomed.info/sct/45991000052106'

/** The entries of the feed by their title. */
async function entries(): Promise<Map<string, string>> {
  const { text } = await as.anonymous.get('/api/feed')
  const found = [...text.matchAll(/<entry>\n<title>([^<]*)<\/title>\n(.*?)<\/entry>/gs)]
  return new Map(found.map(([, title, content]) => [title as string, content as string]))
}

async function published(name: string, fields: object = {}, ofPackage: object = {}) {
  const member = { key: 'SE' }
  const { releasePackageId: p } = await make.package({ name, member, releasePackageURI: edition, ...ofPackage })
  const versionURI = `${edition}/version/20260531`
  const { releaseVersionId: v } = await make.version(p, { name: '1', versionURI, online: true, ...fields })
  return { p, v }
}

describe('the feed', () => {
  test('of nothing is a feed', async () => {
    const { status, headers, text } = await as.anonymous.get('/api/feed')
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('application/atom+xml; charset=utf-8')
    expect(text.split('\n')).toEqual([
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:ncts="http://ns.electronichealth.net.au/ncts/syndication/asf/extensions/1.0.0" xmlns:sct="http://snomed.info/syndication/sct-extension/1.0.0">',
      '<title>SNOMED CT release packages</title>',
      expect.stringMatching(/^<id>urn:uuid:[\da-f-]{36}<\/id>$/),
      '<generator>Slipway</generator>',
      `<link rel="self" type="application/atom+xml" href="${running.url}/api/feed"/>`,
      '<updated>1970-01-01T00:00:00.000Z</updated>',
      '<ncts:atomSyndicationFormatProfile>http://ns.electronichealth.net.au/ncts/syndication/asf/profile/1.0.0</ncts:atomSyndicationFormatProfile>',
      '</feed>',
      '',
    ])
  })

  test('has an entry with everything that is known of a version, escaped', async () => {
    const { p, v } = await published(
      'R&D <b>"x"</b>\u0008',
      {
        publishedAt: '2026-05-31',
        summary: "<p>it's</p>",
        packageType: 'SCT_RF2_FULL',
        versionDependentURI: 'http://snomed.info/sct/900000000000207008/version/20260101',
        versionDependentDerivativeURI: ' ',
      },
      { copyrights: '© R&D' },
    )
    const first = await make.file(p, v, {
      downloadUrl: 'https://files.example.org/a/Full.ZIP?token=secret',
      md5Hash: 'abc',
      fileSize: '1234',
      primaryFile: true,
    })
    const second = await make.file(p, v, { downloadUrl: 's3://bucket/readme', md5Hash: 'def' })
    const version = (await as.admin.get(pathOf(p, v))).body
    expect((await entries()).get('R&amp;D &lt;b&gt;&quot;x&quot;&lt;/b&gt;-1')?.trim().split('\n')).toEqual([
      `<link rel="alternate" type="application/zip" href="${running.url}${first.clientDownloadUrl}" length="1234" sct:md5Hash="abc"/>`,
      `<link rel="related" type="application/octet-stream" href="${running.url}${second.clientDownloadUrl}"/>`,
      '<category term="SCT_RF2_FULL" label="SNOMED CT RF2 Full" scheme="http://ns.electronichealth.net.au/ncts/syndication/asf/scheme/1.0.0"/>',
      '<author><name>Sweden</name></author>',
      expect.stringMatching(/^<id>urn:uuid:[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}<\/id>$/),
      '<rights>© R&amp;D</rights>',
      `<updated>${version.updatedAt}</updated>`,
      '<published>2026-05-31T00:00:00.000Z</published>',
      '<summary>&lt;p&gt;it&#39;s&lt;/p&gt;</summary>',
      `<ncts:contentItemIdentifier>${edition}</ncts:contentItemIdentifier>`,
      `<ncts:contentItemVersion>${edition}/version/20260531</ncts:contentItemVersion>`,
      '<sct:packageDependency><sct:editionDependency>http://snomed.info/sct/900000000000207008/version/20260101</sct:editionDependency></sct:packageDependency>',
    ])
  })

  test('keeps the id of an entry and its own, whatever changes', async () => {
    const { p, v } = await published('permanent')
    await make.file(p, v)
    const ids = async () => {
      const { text } = await as.anonymous.get('/api/feed')
      return [/<id>(.*)<\/id>/.exec(text)?.[1], /<id>(.*)<\/id>/.exec((await entries()).get('permanent-1') ?? '')?.[1]]
    }
    const before = await ids()
    await as.admin.put(pathOf(p, v), { summary: 'another' })
    await as.admin.put(pathOf(p), { description: 'another' })
    expect(await ids()).toEqual(before)
    const all = [...(await as.anonymous.get('/api/feed')).text.matchAll(/<id>(.*)<\/id>/g)].map(([, id]) => id)
    expect(new Set(all).size).toBe(all.length)
  })

  test('never tells where files lie', async () => {
    const { text } = await as.anonymous.get('/api/feed')
    expect(text).not.toContain('files.example.org')
    expect(text).not.toContain('bucket')
  })

  test('has the author that the member names', async () => {
    const { p, v } = await published('authored')
    await make.file(p, v)
    const feed = {
      contactEmail: 'a&b@example.org',
      memberOrgName: 'Authority',
      memberOrgURL: 'https://example.org/?a&b',
    }
    expect((await as.admin.put('/api/members/SE/memberFeedUrl', feed)).status).toBe(200)
    expect((await entries()).get('authored-1')).toContain(
      '<author><name>Authority</name><uri>https://example.org/?a&amp;b</uri><email>a&amp;b@example.org</email></author>',
    )
  })

  test('leaves out what is offline, archived, deleted, empty, or has no URI', async () => {
    const cases: [string, object, object][] = [
      ['offline', { online: false }, {}],
      ['preview', { releaseType: 'alpha/beta' }, {}],
      ['blank', { versionURI: ' ' }, {}],
      ['none', { versionURI: null }, {}],
      ['unnamed', {}, { releasePackageURI: '' }],
      ['shown', { packageType: 'free text' }, {}],
      ['gone', {}, {}],
      ['archived', {}, {}],
    ]
    const made = new Map<string, { p: number; v: number }>()
    for (const [name, fields, ofPackage] of cases) {
      const { p, v } = await published(name, fields, ofPackage)
      await make.file(p, v, { downloadUrl: 'https://files.example.org/x' })
      made.set(name, { p, v })
    }
    await published('fileless')
    const { v: archived = 0 } = made.get('archived') ?? {}
    await as.admin.post(`/api/updateArchive/${archived}?isArchive=true`)
    const { p, v } = made.get('gone') as { p: number; v: number }
    await as.admin.put(pathOf(p, v), { releaseType: 'alpha/beta' })
    await as.admin.delete(pathOf(p))
    const found = await entries()
    expect([...found.keys()].filter(title => cases.some(([name]) => title === `${name}-1`))).toEqual(['shown-1'])
    expect(found.has('fileless-1')).toBe(false)
    expect(found.get('shown-1')).toContain('<category term="OTHER" ')
  })

  test('is sent again only after a change', async () => {
    const { p, v } = await published('tagged')
    await make.file(p, v)
    const tag = String((await as.anonymous.get('/api/feed')).headers.etag)
    const unchanged = () => as.anonymous.get('/api/feed', { 'if-none-match': tag })
    expect([(await unchanged()).status, (await unchanged()).text]).toEqual([304, ''])
    await as.admin.put(pathOf(p, v), { summary: 'new' })
    expect((await unchanged()).status).toBe(200)
  })
})
