import { eventually } from '@slipway/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Person, type PlacedFile, world } from './download-support/world.ts'

const slipway = world()

const states = ['online', 'alpha/beta', 'offline', 'Online', 'withdrawn'] as const
const members = ['IHTSDO', 'SE', 'NZ'] as const
const standings = [
  'APPLYING',
  'PENDING_INVOICE',
  'INVOICE_SENT',
  'IN_GOOD_STANDING',
  'DEACTIVATION_PENDING',
  'REJECTED',
]
const blocked = ['DEACTIVATED', 'PENDING_INVOICE']

/** What an affiliate has applied for, and whose packages that opens. */
const applications = [
  { made: [], opens: [] },
  { made: [['PRIMARY', 'SE', 'APPROVED']], opens: ['IHTSDO', 'SE'] },
  { made: [['PRIMARY', 'SE', 'SUBMITTED']], opens: [] },
  {
    made: [
      ['PRIMARY', 'SE', 'REJECTED'],
      ['EXTENSION', 'NZ', 'APPROVED'],
    ],
    opens: ['NZ'],
  },
] as const

type Placed = { readonly file: PlacedFile; readonly state: (typeof states)[number]; readonly member: string }
let files: Placed[]

beforeAll(async () => {
  const url = slipway.origin.put('/file', { content: 'file' })
  const all = members.flatMap(member => states.map(state => ({ member, state })))
  files = await Promise.all(
    all.map(async ({ member, state }) => ({
      member,
      state,
      file: await slipway.place({ url, member, releaseType: state }),
    })),
  )
})

const isPublished = ({ state }: Placed) => ['online', 'alpha/beta'].includes(state.toLowerCase())

async function statuses(person: Person, method: 'GET' | 'HEAD' = 'HEAD') {
  return Promise.all(files.map(async ({ file }) => (await slipway.get(person, file, { method })).status))
}

const expected = (allowed: (placed: Placed) => boolean, refused = 403) =>
  files.map(placed => (allowed(placed) ? 200 : refused))

async function setAffiliate(login: string, standing: string, made: (typeof applications)[number]['made']) {
  await slipway.store.transaction(async tx => {
    const text = (await tx.query<{ id: number }>(
      { name: 'stand', text: 'update affiliate set standing = $2 where creator = $1 returning affiliate_id as id' },
      [login, standing],
    )) as [{ id: number }]
    await tx.query({ name: 'forget', text: 'delete from application where affiliate_id = $1' }, [text[0].id])
    for (const [type, member, state] of made) {
      await tx.query(
        {
          name: 'apply',
          text: `insert into application (application_type, affiliate_id, username, member, state, details)
            values ($1, $2, $3, $4, $5, '{}')`,
        },
        [type, text[0].id, login, member, state],
      )
    }
  })
}

describe('the gate of downloads', () => {
  it.each(['admin', 'sten', 'nils'] as const)('is open to %s for every file of everybody', async person => {
    expect(await statuses(person)).toEqual(expected(() => true))
  })

  it('is open to insiders for every file of the leading member', async () => {
    expect(await statuses('insider')).toEqual(expected(({ member }) => member === 'IHTSDO'))
  })

  it('is closed to callers without credentials', async () => {
    expect(await statuses('nobody')).toEqual(expected(() => false, 401))
    const { headers } = await slipway.get('nobody', (files[0] as Placed).file)
    expect(headers).not.toHaveProperty('www-authenticate')
  })

  it.each(
    standings
      .concat('DEACTIVATED')
      .flatMap(standing => applications.map(({ made, opens }) => ({ standing, made, opens }))),
  )('asks affiliates in standing $standing for approvals: $made', async ({ standing, made, opens }) => {
    await eventually(async () => {
      const [row] = await slipway.store.read({ name: 'ann', text: `select 1 from affiliate where creator = 'ann'` })
      return row !== undefined
    })
    await setAffiliate('ann', standing, made)
    const open = (placed: Placed) =>
      isPublished(placed) && !blocked.includes(standing) && (opens as readonly string[]).includes(placed.member)
    expect(await statuses('ann')).toEqual(expected(open))
  })

  it('counts a change of rights at once', async () => {
    const online = files.find(({ member, state }) => member === 'SE' && state === 'online') as Placed
    const status = async () => (await slipway.get('ann', online.file)).status
    await setAffiliate('ann', 'IN_GOOD_STANDING', applications[1].made)
    expect(await status()).toBe(200)
    await setAffiliate('ann', 'DEACTIVATED', applications[1].made)
    expect(await status()).toBe(403)
  })

  it('fetches and records nothing for those it turns away', async () => {
    const file = await slipway.place({ url: slipway.origin.put('/guarded', { content: 'x' }), member: 'SE' })
    await setAffiliate('ann', 'IN_GOOD_STANDING', [])
    for (const person of ['nobody', 'insider', 'ann'] as const) {
      const answer = await slipway.get(person, file)
      expect(await answer.json()).toMatchObject({ status: person === 'nobody' ? 401 : 403, path: file.path })
    }
    expect(slipway.origin.requests.filter(({ path }) => path === '/guarded')).toEqual([])
    await setAffiliate('ann', 'IN_GOOD_STANDING', applications[1].made)
    await (await slipway.get('ann', file)).bytes()
    const trail = await slipway.downloadsOf(file, 1)
    expect(trail).toEqual([
      {
        type: 'RELEASE_FILE_DOWNLOADED',
        principal: 'ann',
        affiliate_id: expect.any(Number),
        data: {
          'releasePackage.name': 'Package',
          'releaseVersion.name': 'Version',
          'releaseFile.label': 'File',
          'download.statusCode': '200',
        },
      },
    ])
  })

  it('knows files only under their own packages and versions', async () => {
    const [one, other] = files as [Placed, Placed]
    const { packageId, versionId, fileId } = one.file
    for (const [packageOf, versionOf, file] of [
      [other.file.packageId, versionId, fileId],
      [packageId, other.file.versionId, fileId],
      [packageId, versionId, 1],
    ]) {
      const path = `/api/releasePackages/${packageOf}/releaseVersions/${versionOf}/releaseFiles/${file}/download`
      expect((await slipway.get('admin', { ...one.file, path })).status).toBe(404)
    }
    const wrong = one.file.path.replace(String(fileId), 'x')
    expect((await slipway.get('admin', { ...one.file, path: wrong })).status).toBe(400)
  })

  it('is 502 for a file without an address', async () => {
    const { path, ...ids } = (files[0] as Placed).file
    const collection = path.replace(/\/\d+\/download$/, '')
    const { body } = await slipway.call('admin', 'POST', collection, { label: 'nowhere' })
    const answer = await slipway.get('admin', { ...ids, path: `${collection}/${body.releaseFileId}/download` })
    expect(answer.status).toBe(502)
  })
})
