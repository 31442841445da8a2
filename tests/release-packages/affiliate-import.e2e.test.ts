import { describe, expect, it } from 'vitest'
import { type Client, expectError, type Headers, texts } from './support/client.ts'
import { platform } from './support/platform.ts'

const running = platform()

const path = '/api/affiliates/csv'
const boundary = 'the-boundary'
const multipart = { 'content-type': `multipart/form-data; boundary=${boundary}` }

/** A form with one part, as a browser sends a file. */
const form = (content: string | Uint8Array, name = 'file') =>
  Buffer.concat([
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="affiliates.csv"\r\n` +
        'Content-Type: text/csv\r\n\r\n',
    ),
    Buffer.from(content),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ])
const upload = (content: string | Uint8Array, who: Client = running.as.admin, headers: Headers = {}) =>
  who.send('POST', path, form(content), { ...multipart, ...headers })

const names =
  'member^importKey^type^subType^agreementType^otherText^firstName^lastName^email^alternateEmail^thirdEmail' +
  '^landlineNumber^landlineExtension^mobileNumber^organizationType^organizationTypeOther^organizationName' +
  '^addressStreet^addressCity^addressPost^addressCountry^billingStreet^billingCity^billingPost^billingCountry'
const line = (values: Record<string, string>) =>
  names
    .split('^')
    .map(name => values[name] ?? '')
    .join('^')
const table = (...lines: Record<string, string>[]) => [names, ...lines.map(line), ''].join('\n')

const none = { importedRecords: -1, newRecords: -1, updatedRecords: -1, sourceMemberKey: null }
const duration = { durationMillis: expect.any(Number) }

type Affiliate = Readonly<Record<string, unknown>> & { readonly affiliateId: number }
const found = async (text: string): Promise<Affiliate[]> =>
  (await running.as.admin.get(`/api/affiliates?q=${text}`)).body.affiliates
const trail = async (filter: string): Promise<{ type: string; principal: string; data: object }[]> =>
  (await running.as.admin.get(`/api/audits?$filter=${encodeURIComponent(filter)}`)).body

describe('a table of affiliates', () => {
  it('is taken in: approved affiliates without a login, each with the report of the year', async () => {
    const given = table(
      {
        member: 'SE',
        importKey: 'first-1',
        type: 'COMMERCIAL',
        subType: 'VENDOR',
        firstName: 'Åsa "the" O\'Hara, jr',
        email: 'first-one@example.org',
        landlineNumber: '+46 1 23',
        organizationType: 'OTHER',
        addressStreet: 'Street 1',
        addressCountry: 'SE',
        billingCountry: 'NO',
      },
      { member: 'US', importKey: 'first-2', email: 'first-two@example.org' },
    )
    const answer = await upload(`\ufeff${given}\n`)
    expect([answer.status, answer.body]).toEqual([
      200,
      {
        success: true,
        readRows: 4,
        importedRecords: 2,
        newRecords: 2,
        updatedRecords: 0,
        sourceMemberKey: 'US',
        errors: [],
        ...duration,
      },
    ])
    expect(Object.keys(answer.body)).toEqual([
      ...['success', 'readRows', 'importedRecords', 'newRecords', 'updatedRecords', 'sourceMemberKey', 'errors'],
      'durationMillis',
    ])
    const [one] = await found('first-one')
    expect(one).toMatchObject({
      importKey: 'first-1',
      creator: null,
      type: 'COMMERCIAL',
      homeMember: { key: 'SE' },
      standingState: 'IN_GOOD_STANDING',
      affiliateDetails: {
        subType: 'VENDOR',
        agreementType: 'AFFILIATE_NORMAL',
        firstName: 'Åsa "the" O\'Hara, jr',
        lastName: null,
        landlineNumber: '+46 1 23',
        address: { street: 'Street 1', city: null, country: { isoCode2: 'SE' } },
        billingAddress: { country: { isoCode2: 'NO' } },
        acceptNotifications: true,
      },
      application: {
        applicationType: 'PRIMARY',
        approvalState: 'APPROVED',
        member: { key: 'SE' },
        submittedAt: expect.any(String),
        completedAt: expect.any(String),
        commercialUsage: { state: 'NOT_SUBMITTED', type: 'COMMERCIAL' },
      },
      commercialUsages: [{ state: 'NOT_SUBMITTED' }],
    })
    const types = (await trail(`affiliateId eq '${one?.affiliateId}'`)).map(({ type }) => type)
    expect(types).toEqual(['AFFILIATE_CREATED_BY_IMPORT'])
    expect((await trail("auditEventType eq 'AFFILIATE_IMPORT'")).at(-1)).toMatchObject({
      principal: 'admin',
      data: {
        'import.success': 'true',
        'import.rows': '4',
        'import.affiliates': '2',
        'import.newAffiliates': '2',
        'import.updatedAffiliates': '0',
        'import.source': 'US',
        'import.errors': '0',
      },
    })
    // The public check knows them, as all who are approved.
    const check = await running.as.anonymous.get('/api/affiliates/check?member=SE&match=first-one')
    expect(check.body).toEqual({ matched: true })
  })

  it('is taken in again: what is known stays, what changed leaves an application', async () => {
    const values = { member: 'SE', importKey: 'again', email: 'again@example.org', organizationName: 'Before' }
    await upload(table(values))
    const [before] = await found('again@example.org')
    const same = await upload(table(values))
    expect(same.body).toMatchObject({ importedRecords: 1, newRecords: 0, updatedRecords: 1 })
    expect(await found('again@example.org')).toEqual([before])

    const other = await upload(table({ ...values, organizationName: 'After' }, { ...values, member: 'DK' }))
    expect(other.body).toMatchObject({ importedRecords: 2, newRecords: 1, updatedRecords: 1 })
    const [changed, dane] = await found('again@example.org')
    expect(changed).toMatchObject({
      affiliateId: before?.affiliateId,
      affiliateDetails: { organizationName: 'After' },
      applications: [
        { applicationType: 'PRIMARY', affiliateDetails: { organizationName: 'Before' } },
        { applicationType: 'IMPORT', approvalState: 'APPROVED', affiliateDetails: { organizationName: 'After' } },
      ],
      commercialUsages: [{ state: 'NOT_SUBMITTED' }],
    })
    expect(dane).toMatchObject({ homeMember: { key: 'DK' }, importKey: 'again' })
    const types = (await trail(`affiliateId eq '${before?.affiliateId}'`)).map(({ type }) => type)
    expect(types).toEqual(['AFFILIATE_CREATED_BY_IMPORT', 'AFFILIATE_UPDATED_BY_IMPORT'])
  })

  it('comes back as it was exported, whoever is in it', async () => {
    await running.as.user.get('/api/affiliates/me')
    const exported = (await running.as.admin.get(path)).text
    const before = (await running.as.admin.get('/api/affiliates?$pageSize=1000')).body
    const answer = await upload(exported)
    const count = before.totalResults
    expect(answer.body).toMatchObject({ success: true, newRecords: 0, updatedRecords: count, errors: [] })
    expect((await running.as.admin.get('/api/affiliates?$pageSize=1000')).body).toEqual(before)
    expect((await running.as.admin.get(path)).text).toBe(exported)
  })

  it('is taken in as a whole or not at all', async () => {
    const good = { member: 'SE', importKey: 'whole', email: 'whole@example.org' }
    const answer = await upload(table(good, { member: 'xz', importKey: '' }, { ...good, type: 'commercial' }))
    expect([answer.status, answer.body]).toEqual([
      400,
      {
        success: false,
        readRows: 4,
        ...none,
        errors: [
          'Line:3 Col:0:member Field value=xz not one of the recognized ISO 3166-1 alpha-2 country codes used for member',
          'Line:3 Col:1:importKey Missing required field',
          'Line:4 Col:2:type Field value=commercial not one of options: [COMMERCIAL, ACADEMIC, OTHER, INDIVIDUAL]',
        ],
        ...duration,
      },
    ])
    expect(await found('whole@example.org')).toEqual([])
    expect((await trail("auditEventType eq 'AFFILIATE_IMPORT'")).at(-1)).toMatchObject({
      data: { 'import.success': 'false', 'import.rows': '4', 'import.affiliates': '-1', 'import.errors': '3' },
    })
  })

  it.each([
    [
      'of an older MLDS',
      names.replace('^agreementType', ''),
      'Line:1 Incorrect number of fields: found=24 required=25',
    ],
    ['of commas', names.replaceAll('^', ','), 'Line:1 Incorrect number of fields: found=1 required=25'],
    ['in UTF-16', Buffer.from(`\ufeff${table()}`, 'utf16le'), 'The file is not encoded in UTF-8'],
    ['in Latin-1', Buffer.from(table({ member: 'SE', importKey: 'Å' }), 'latin1'), 'The file is not encoded in UTF-8'],
    [
      'with zeros',
      table({ member: 'SE', importKey: 'a\0b' }),
      'Line:2 Col:1:importKey Field value has characters that are no text',
    ],
  ])('%s is refused', async (_what, content, error) => {
    const answer = await upload(content)
    expect([answer.status, answer.body.success, answer.body.errors]).toEqual([400, false, [error]])
  })

  it('is answered alike when the same request comes twice, and made once', async () => {
    const key = { 'idempotency-key': 'one-import' }
    const values = { member: 'SE', importKey: 'twice', email: 'twice@example.org' }
    const [first, second] = [
      await upload(table(values), running.as.admin, key),
      await upload(table(values), running.as.admin, key),
    ]
    expect(second.body).toEqual(first.body)
    expect(first.body).toMatchObject({ newRecords: 1 })
  })

  it('that many send at once is taken in once', async () => {
    const values = ['a', 'b', 'c'].map(key => ({
      member: 'SE',
      importKey: `at-once-${key}`,
      email: 'once@example.org',
    }))
    const answers = await Promise.all([1, 2, 3, 4].map(() => upload(table(...values))))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(answers.map(({ body }) => body.newRecords).toSorted()).toEqual([0, 0, 0, 3])
    expect(await found('once@example.org')).toHaveLength(3)
  })

  it('of thousands is taken in', async () => {
    const many = Array.from({ length: 3_000 }, (_, index) => ({
      member: 'NZ',
      importKey: `many-${index}`,
      email: `many-${index}@example.org`,
    }))
    expect((await upload(table(...many))).body).toMatchObject({ success: true, newRecords: 3_000, errors: [] })
    const { body } = await running.as.admin.get(
      `/api/affiliates?$pageSize=1&$filter=${encodeURIComponent("homeMember eq 'NZ'")}`,
    )
    expect(body.totalResults).toBe(3_000)
    const wrong = await upload(table(...many.map(values => ({ ...values, type: 'x' }))))
    expect([wrong.status, wrong.body.errors.length, wrong.body.errors.at(-1)]).toEqual([400, 501, 'and 2500 more'])
  })

  it.each([
    ['no file', form('', 'other'), multipart, 400, "Required part 'file' is not present."],
    ['an empty file', form(''), multipart, 400, "Required part 'file' is not present."],
    ['no form', Buffer.from(table()), { 'content-type': 'text/csv' }, 415, "Content type 'text/csv' not supported"],
    ['a large one', form('x'.repeat(8 * 2 ** 20 + 1)), multipart, 413, 'The file has more than 8388608 bytes'],
    ['a long one', form('\n'.repeat(10_001)), multipart, 413, 'The table has more than 10000 lines'],
  ] as const)('is refused where there is %s', async (_what, body, headers, status, message) => {
    expectError(await running.as.admin.send('POST', path, body, headers), status, message)
  })

  it('is for administrators', async () => {
    expectError(await upload(table(), running.as.anonymous), 401, texts.unauthenticated)
    for (const who of [running.as.sweden, running.as.insider, running.as.user]) {
      expectError(await upload(table(), who), 403, texts.denied)
      expectError(await who.get('/api/affiliates/csvSpec'), 403, texts.denied)
    }
    expectError(await running.as.anonymous.get('/api/affiliates/csvSpec'), 401, texts.unauthenticated)
  })
})

it('is described as the page of the import shows it, with an example that can be taken in', async () => {
  const { status, body } = await running.as.admin.get('/api/affiliates/csvSpec')
  expect(status).toBe(200)
  expect(Object.keys(body)).toEqual(['columns', 'example'])
  const columns: Record<string, unknown>[] = body.columns
  expect(columns.map(({ columnName }) => columnName).join('^')).toBe(names)
  expect(columns.filter(({ required }) => required).map(({ columnName }) => columnName)).toEqual([
    'member',
    'importKey',
  ])
  expect(columns[2]).toEqual({
    columnName: 'type',
    attributeClass: 'AffiliateType',
    required: false,
    example: 'COMMERCIAL',
    options: ['ACADEMIC', 'COMMERCIAL', 'INDIVIDUAL', 'OTHER'],
  })
  expect(columns[0]?.options).toHaveLength(28)
  expect(columns[20]).toMatchObject({ attributeClass: 'Country', options: expect.arrayContaining(['DK', 'SE']) })
  expect((await upload(body.example)).body).toMatchObject({ success: true, newRecords: 2, errors: [] })
})
