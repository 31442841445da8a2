import { describe, expect, it } from 'vitest'
import { expectError, texts } from './support/client.ts'
import { platform } from './support/platform.ts'

const running = platform({ SLIPWAY_UPLOAD_LIMIT: '200000' })

const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const keys = 'AU BE BN CA CL CZ DK EE ES GB HK IHTSDO IL IN IS LT MT MY NL NZ PL PT SE SG SI SK US UY'.split(' ')
const member = async (key: string, who: 'anonymous' | 'sweden' | 'user' = 'sweden') =>
  (await running.as[who].get('/api/members')).body.find((one: { key: string }) => one.key === key)

describe('members', () => {
  it('are all there, and only staff sees where staff is written to', async () => {
    const { status, body } = await running.as.anonymous.get('/api/members')
    expect([status, body.map(({ key }: { key: string }) => key).sort()]).toEqual([200, keys])
    const malta = {
      memberId: expect.any(Number),
      key: 'MT',
      createdAt: instant,
      name: 'Malta',
      licenseName: null,
      licenseVersion: null,
      license: null,
      logo: null,
      promotePackages: null,
      contactEmail: null,
      memberOrgName: null,
      memberOrgURL: null,
    }
    expect([await member('MT', 'anonymous'), await member('MT', 'user')]).toEqual([malta, malta])
    expect(await member('MT')).toEqual({ ...malta, staffNotificationEmail: null })
  })

  it('are changed by their own staff and by administrators', async () => {
    const both = { promotePackages: true, staffNotificationEmail: 'staff@example.org' }
    const changed = await running.as.sweden.put('/api/members/SE', { ...both, name: 'Other', key: 'US' })
    expect([changed.status, changed.body]).toEqual([200, await member('SE')])
    expect(changed.body).toMatchObject({ ...both, name: 'Sweden', key: 'SE' })
    // Both are replaced.
    const emptied = await running.as.admin.put('/api/members/SE', { promotePackages: false })
    expect(emptied.body).toMatchObject({ promotePackages: false, staffNotificationEmail: null })

    const notified = await running.as.sweden.put('/api/members/SE/notifications', { staffNotificationEmail: 'n@x.org' })
    expect(notified.body).toMatchObject({ promotePackages: false, staffNotificationEmail: 'n@x.org' })
    const feed = { contactEmail: 'c@x.org', memberOrgName: 'Org', memberOrgURL: 'https://x.org' }
    const fed = await running.as.sweden.put('/api/members/SE/memberFeedUrl', feed)
    expect(fed.body).toMatchObject({ ...feed, staffNotificationEmail: 'n@x.org' })
    expect(await member('SE', 'anonymous')).toMatchObject(feed)
  })

  const paths = ['/api/members/SE', '/api/members/SE/notifications', '/api/members/SE/memberFeedUrl']
  it.each(paths)('PUT %s is not for others', async path => {
    expectError(await running.as.america.put(path, {}), 403, texts.denied, path)
    expectError(await running.as.user.put(path, {}), 403, texts.denied, path)
    expectError(await running.as.insider.put(path, {}), 403, texts.denied, path)
    expectError(await running.as.anonymous.put(path, {}), 401, texts.unauthenticated, path)
    for (const unknown of [path.replace('SE', 'se'), path.replace('SE', 'XX')]) {
      expectError(await running.as.admin.put(unknown, {}), 404, texts.missing, unknown)
    }
    expectError(await running.as.admin.put(path, []), 400, 'The request body must be a JSON object.')
    const wrong = { staffNotificationEmail: 'x'.repeat(256), contactEmail: 'x'.repeat(256) }
    expectError(await running.as.admin.put(path, wrong), 400, /must not be longer than 255 characters/)
    expectError(await running.as.admin.post(path, {}), 405, "Request method 'POST' is not supported")
  })
})

describe('the licence of a member', () => {
  const path = '/api/members/SE/license'
  type Part = readonly [name: string, value: string | Buffer, filename?: string, type?: string]
  const form = (parts: readonly Part[]): Buffer =>
    Buffer.concat([
      ...parts.flatMap(([name, value, filename, type]) => [
        Buffer.from(
          `--edge\r\nContent-Disposition: form-data; name="${name}"${filename === undefined ? '' : `; filename="${filename}"`}\r\n${
            type === undefined ? '' : `Content-Type: ${type}\r\n`
          }\r\n`,
        ),
        Buffer.from(value),
        Buffer.from('\r\n'),
      ]),
      Buffer.from('--edge--\r\n'),
    ])
  const upload = (
    parts: readonly Part[],
    who: 'sweden' | 'america' | 'user' | 'anonymous' | 'admin' = 'sweden',
    to = path,
  ) => running.as[who].send('POST', to, form(parts), { 'content-type': 'multipart/form-data; boundary=edge' })
  const pdf = Buffer.from('%PDF-1.7 \0\xff licence', 'latin1')

  it('is uploaded with its name and version, and read by everybody', async () => {
    const none = await running.as.anonymous.get(path)
    expect([none.status, none.text]).toEqual([204, ''])
    const before = Math.floor(Date.now() / 1000) * 1000
    const answer = await upload([
      ['licenseName', 'Licens Åäö'],
      ['file', pdf, 'Licens Å.pdf', 'application/pdf'],
      ['licenseVersion', '1.2'],
    ])
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({
      key: 'SE',
      licenseName: 'Licens Åäö',
      licenseVersion: '1.2',
      license: {
        fileId: expect.any(Number),
        filename: 'Licens Å.pdf',
        mimetype: 'application/pdf',
        lastUpdated: instant,
      },
    })
    const file = await running.as.anonymous.get(path)
    expect([file.status, file.bytes]).toEqual([200, pdf])
    expect(file.headers).toMatchObject({
      'content-type': 'application/pdf',
      'content-length': String(pdf.length),
      'content-disposition': `attachment; filename="Licens _.pdf"; filename*=UTF-8''Licens%20%C3%85.pdf`,
    })
    const modified = file.headers['last-modified'] as string
    expect(Date.parse(modified)).toBeGreaterThanOrEqual(before)
    const same = await running.as.anonymous.get(path, { 'if-modified-since': modified })
    expect([same.status, same.text]).toEqual([304, ''])
    const head = await running.as.anonymous.send('HEAD', path)
    expect([head.status, head.headers['content-length'], head.text]).toEqual([200, String(pdf.length), ''])

    // Names alone leave the file; a file alone leaves the names.
    const renamed = await upload([['licenseVersion', '2']])
    expect(renamed.body).toEqual({ ...answer.body, licenseVersion: '2' })
    const replaced = await upload([['file', 'text', 'plain']])
    expect(replaced.body).toMatchObject({ licenseName: 'Licens Åäö', licenseVersion: '2' })
    expect(replaced.body.license.fileId).toBeGreaterThan(answer.body.license.fileId)
    const plain = await running.as.anonymous.get(path)
    expect([plain.text, plain.headers['content-type']]).toEqual(['text', 'application/octet-stream'])
  })

  it('is refused where it may not be', async () => {
    const file = ['file', pdf, 'x.pdf', 'application/pdf'] as const
    expectError(await upload([file], 'america'), 403, texts.denied, path)
    expectError(await upload([file], 'user'), 403, texts.denied, path)
    expectError(await upload([file], 'anonymous'), 401, texts.unauthenticated, path)
    expectError(await upload([file], 'admin', '/api/members/XX/license'), 404, texts.missing)
    expectError(await running.as.anonymous.get('/api/members/XX/license'), 404, texts.missing)
    expectError(await running.as.sweden.post(path, {}), 415, "Content type 'application/json' not supported")
    expectError(await upload([['other', 'x', 'x']]), 400, "Required part 'file' is not present.")
    const large = ['file', Buffer.alloc(200_001), 'x', 'text/plain'] as const
    expectError(await upload([large]), 413, 'The file has more than 200000 bytes')
    expectError(await upload([['licenseName', 'x'.repeat(256)]]), 400, /must not be longer than 255 characters/)
  })
})

describe('a country', () => {
  const country = { isoCode2: 'XK', isoCode3: 'XKX', commonName: 'Kosovo' }
  const known = { ...country, excludeUsage: false, alternateRegistrationUrl: null, member: { key: 'IHTSDO' } }

  it('is added, replaced and removed by administrators', async () => {
    const { admin, sweden, anonymous } = running.as
    expectError(await sweden.post('/api/countries', country), 403, texts.denied)
    const added = await admin.post('/api/countries', { ...country, member: { key: 'SE' } })
    expect([added.status, added.text]).toEqual([200, ''])
    expect((await anonymous.get('/api/countries/XK')).body).toEqual(known)
    const url = { excludeUsage: true, alternateRegistrationUrl: 'https://example.org/' }
    await admin.post('/api/countries', { ...country, ...url })
    expect((await anonymous.get('/api/countries')).body).toContainEqual({ ...known, ...url })
    expectError(await sweden.delete('/api/countries/XK'), 403, texts.denied)
    expect((await admin.delete('/api/countries/XK')).status).toBe(200)
    expectError(await anonymous.get('/api/countries/XK'), 404, texts.missing)
    expectError(await admin.delete('/api/countries/XK'), 404, texts.missing)
  })

  it.each([
    [{ isoCode2: 'xk' }, /^isoCode2: /],
    [{ isoCode3: null }, /^isoCode3: /],
    [{ commonName: ' ' }, /^commonName: /],
    [{ alternateRegistrationUrl: 'javascript:alert(1)' }, /^alternateRegistrationUrl: /],
  ])('is refused with %j', async (wrong, message) => {
    expectError(await running.as.admin.post('/api/countries', { ...country, ...wrong }), 400, message)
  })
})

describe('countries', () => {
  it('are those of ISO 3166-1, in the order of their names, each with its member', async () => {
    const { status, body } = await running.as.anonymous.get('/api/countries')
    expect([status, body.length]).toEqual([200, 249])
    const names = body.map(({ commonName }: { commonName: string }) => commonName)
    expect(names).toEqual([...names].sort((a, b) => (a < b ? -1 : 1)))
    const own = body.filter(({ isoCode2, member }: Record<string, { key: string }>) => member?.key === String(isoCode2))
    expect(own).toHaveLength(keys.length - 1)
    const others = body.filter((country: (typeof body)[number]) => !own.includes(country))
    expect(new Set(others.map((country: (typeof body)[number]) => country.member.key))).toEqual(new Set(['IHTSDO']))
  })

  it('are read one by one', async () => {
    expect((await running.as.user.get('/api/countries/NO')).body).toEqual({
      isoCode2: 'NO',
      isoCode3: 'NOR',
      commonName: 'Norway',
      excludeUsage: false,
      alternateRegistrationUrl: null,
      member: { key: 'IHTSDO' },
    })
    for (const code of ['XX', 'no', 'NOR']) {
      expectError(await running.as.anonymous.get(`/api/countries/${code}`), 404, texts.missing)
    }
  })
})

describe('the trail', () => {
  const audits = (filter: string, who: 'sweden' | 'user' | 'anonymous' = 'sweden') =>
    running.as[who].get(`/api/audits?${new URLSearchParams({ $filter: filter })}`)
  const today = () => new Date().toISOString().slice(0, 10)
  const days = (from: string, to: string) => `auditEventDate ge '${from}' and auditEventDate le '${to}'`

  it('is filtered by type and by day, the last one included', async () => {
    const { body: made } = await running.as.sweden.post('/api/releasePackages', { name: 'Audited <b>' })
    const created = await audits("auditEventType eq 'RELEASE_PACKAGE_CREATED'")
    expect([created.status, created.body]).toEqual([
      200,
      [
        {
          timestamp: instant,
          principal: 'sweden',
          type: 'RELEASE_PACKAGE_CREATED',
          data: { 'releasePackage.name': made.name },
        },
      ],
    ])
    const all = await running.as.sweden.get('/api/audits')
    expect(all.body.length).toBeGreaterThan(1)
    expect((await audits(' ')).body).toEqual(all.body)
    expect((await audits(days(today(), today()))).body).toEqual(all.body)
    expect((await audits(days('2020-01-01', '2020-12-31'))).body).toEqual([])
    expect((await audits("auditEventType eq 'RELEASE_VERSION_TAKEN_ALPHA/BETA'")).body).toEqual([])
  })

  it.each([
    "auditEventType eq 'A' and affiliateId eq '1'",
    "affiliateId eq 'x'",
    "principal eq 'x'",
    days('2026-02-30', '2026-03-01'),
  ])('refuses %j', async filter => {
    expectError(await audits(filter), 400, `Unknown filter: ${filter}`, '/api/audits')
  })

  it('is for staff', async () => {
    expectError(await audits('', 'user'), 403, texts.denied)
    expectError(await audits('', 'anonymous'), 401, texts.unauthenticated)
  })

  const raw = '/api/audits/getAllAuditEventsCSV'
  it('lists downloads as they were recorded', async () => {
    const none = await running.as.sweden.post(raw, { startDate: today(), endDate: today() })
    expect([none.status, none.body]).toEqual([200, []])
    for (const wrong of [
      {},
      { startDate: today() },
      { startDate: '2026-02-30', endDate: today() },
      { startDate: 1, endDate: 2 },
    ]) {
      expectError(await running.as.sweden.post(raw, wrong), 400, /(?:start|end)Date/, raw)
    }
    expectError(await running.as.user.post(raw, {}), 403, texts.denied, raw)
    expectError(await running.as.anonymous.post(raw, {}), 401, texts.unauthenticated, raw)
  })
})
