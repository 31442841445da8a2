import { beforeAll, describe, expect, it } from 'vitest'
import { type PlacedFile, world } from './download-support/world.ts'

const slipway = world()
const path = '/api/audits/getAllAuditEvents'
const today = new Date().toISOString().slice(0, 10)
const period = { startDate: today, endDate: today }
let file: PlacedFile
let sameLabel: PlacedFile

const statistics = async (body: object) => (await slipway.call('sten', 'POST', path, body)).body

/** Days may change in the middle of a test. */
const around = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

beforeAll(async () => {
  const url = slipway.origin.put('/file', { content: 1000, etag: '"v1"' })
  file = await slipway.place({ url, label: 'Snapshot' })
  sameLabel = await slipway.place({ url, label: 'Snapshot' })
  for (let time = 0; time < 3; time += 1) await (await slipway.get('sten', file)).bytes()
  await (await slipway.get('sten', sameLabel)).bytes()
  // Parts, files that are known, and failures do not count.
  for (const headers of [{ range: 'bytes=0-9' }, { 'if-none-match': '"v1"' }, { range: 'bytes=9999-' }]) {
    await (await slipway.get('sten', file, { headers })).bytes()
  }
  await slipway.downloadsOf(file, 6)
  await slipway.downloadsOf(sameLabel, 1)
  await slipway.store.write(
    {
      name: 'by-affiliate',
      text: `insert into audit_event (principal, type, data, release_file_id, affiliate_id)
        select 'ann', type, data, release_file_id, 1 from audit_event
        where release_file_id = $1 and data ->> 'download.statusCode' = '200' limit 1`,
    },
    [file.fileId],
  )
})

describe('statistics of downloads', () => {
  const names = { releasePackageName: 'Package', releaseVersionName: 'Version', releaseFileName: 'Snapshot' }

  it('count whole downloads by file, also where files share a label', async () => {
    const body = await statistics({ startDate: around(-1), endDate: around(1), excludeAdminAndStaff: false })
    expect(body).toEqual([
      { ...names, count: 4 },
      { ...names, count: 1 },
    ])
  })

  it('may leave out what staff downloads', async () => {
    const body = await statistics({ startDate: around(-1), endDate: around(1), excludeAdminAndStaff: true })
    expect(body).toEqual([{ ...names, count: 1 }])
  })

  it('are of the days from the first to the last, that one included', async () => {
    expect(await statistics({ startDate: around(-9), endDate: around(-2) })).toEqual([])
    await slipway.store.write(
      {
        name: 'late',
        text: `update audit_event set recorded_at = '2020-02-29T23:59:59.999Z' where release_file_id = $1`,
      },
      [sameLabel.fileId],
    )
    const last = { startDate: '2020-02-01', endDate: '2020-02-29' }
    expect(await statistics(last)).toEqual([{ ...names, count: 1 }])
    expect(await statistics({ startDate: '2020-03-01', endDate: '2020-03-02' })).toEqual([])
  })

  it.each([{}, { startDate: today }, { ...period, endDate: 'soon' }, { ...period, startDate: 5 }])(
    'need two days: %j',
    async body => {
      const answer = await slipway.call('sten', 'POST', path, body)
      expect([answer.status, answer.body.path]).toEqual([400, path])
    },
  )

  it('are for staff', async () => {
    expect((await slipway.call('ann', 'POST', path, period)).status).toBe(403)
    expect((await slipway.call('nobody', 'POST', path, period)).status).toBe(401)
  })
})
