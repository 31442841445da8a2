import { eventually, type MailServer, mailServer } from '@slipway/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { type PlacedFile, world } from './download-support/world.ts'

let server: MailServer
const slipway = world(async opened => {
  server = opened.use(await mailServer())
  return {
    env: {
      catalog: {
        MAIL_URL: server.url,
        MAIL_FROM: 'Releases <releases@example.org>',
        SLIPWAY_PUBLIC_URL: 'https://releases.example.org/',
      },
    },
  }
})

type Somebody = {
  readonly login: string
  readonly standing?: string
  readonly applications: readonly (readonly [type: string, member: string, state: string])[]
  readonly language?: string
  readonly accepts?: boolean
  readonly countryOnly?: boolean
  readonly email?: string
}

const primary = ['PRIMARY', 'SE', 'APPROVED'] as const
const extension = ['EXTENSION', 'SE', 'APPROVED'] as const

/** Who they are tells who is to be told: `both`, only of the packages of `leading`, only of those of `own`, or `none`. */
const people: readonly Somebody[] = [
  { login: 'both-1', applications: [primary] },
  { login: 'both-2', applications: [primary], standing: 'DEACTIVATION_PENDING', language: 'sv' },
  { login: 'both-3', applications: [primary, extension], language: 'xx' },
  { login: 'leading-1', applications: [['PRIMARY', 'NZ', 'APPROVED']], language: 'fr' },
  { login: 'own-1', applications: [['PRIMARY', 'NZ', 'REJECTED'], extension] },
  { login: 'own-2', applications: [primary], countryOnly: true },
  { login: 'none-1', applications: [['PRIMARY', 'SE', 'SUBMITTED']] },
  { login: 'none-2', applications: [primary], standing: 'PENDING_INVOICE' },
  { login: 'none-3', applications: [primary], standing: 'INVOICE_SENT' },
  { login: 'none-4', applications: [primary], accepts: false },
  { login: 'none-5', applications: [primary], email: '' },
  { login: 'none-6', applications: [] },
]

async function settle({ login, standing, applications, language, accepts, countryOnly, email }: Somebody) {
  const values = [login, language ?? 'en', accepts ?? true, countryOnly ?? false, email ?? `${login}@example.org`]
  await slipway.store.write(
    {
      name: 'settle',
      text: `
        with profile as (
          insert into account_profile (login, first_name, last_name, lang_key, accept_notifications,
            country_notifications_only, email)
          values ($1, 'Zoë <b>', $1, $2, $3, $4, $5)
        ), made as (
          insert into affiliate (creator, home_member, standing, details) values ($1, 'NZ', $6, '{}')
          returning affiliate_id
        )
        insert into application (application_type, affiliate_id, username, member, state, details)
        select a ->> 0, affiliate_id, $1, a ->> 1, a ->> 2, '{}' from made cross join jsonb_array_elements($7) a`,
    },
    [...values, standing ?? 'IN_GOOD_STANDING', JSON.stringify(applications)],
  )
}

const told = (...groups: string[]) =>
  people.map(({ login }) => login).filter(login => groups.some(group => login.startsWith(group)))
const addresses = (logins: readonly string[]) => logins.map(login => `${login}@example.org`).toSorted()

let ofLeading: PlacedFile
let ofSweden: PlacedFile
const pathOf = ({ packageId, versionId }: PlacedFile) =>
  `/api/releasePackages/${packageId}/releaseVersions/${versionId}/notifications`

beforeAll(async () => {
  const url = slipway.origin.put('/file', { content: 'x' })
  ofLeading = await slipway.place({ url, member: 'IHTSDO', releaseType: 'offline' })
  ofSweden = await slipway.place({ url, member: 'SE' })
  for (const somebody of people) await settle(somebody)
})

async function recipients(count: number, since = 0): Promise<string[]> {
  await eventually(() => server.mails.length >= since + count)
  return server.mails.slice(since).flatMap(mail => mail.recipients)
}

describe('a notification', () => {
  it('of a package of the leading member goes to whoever was approved first, once, and is recorded', async () => {
    const { status, body } = await slipway.call('admin', 'POST', pathOf(ofLeading))
    expect(status).toBe(200)
    expect(body).toMatchObject({ releaseVersionId: ofLeading.versionId, name: 'Version', releaseType: 'offline' })
    const expected = told('both', 'leading')
    expect((await recipients(expected.length)).toSorted()).toEqual(addresses(expected))
    const trail = await slipway.store.read<{ principal: string; data: object }>(
      {
        name: 'notified',
        text: `select principal, data from audit_event
          where type = 'RELEASE_VERSION_NOTIFIED' and release_version_id = $1`,
      },
      [ofLeading.versionId],
    )
    expect(trail).toEqual([
      {
        principal: 'admin',
        data: {
          'releasePackage.name': 'Package',
          'releaseVersion.name': 'Version',
          'notification.recipients': String(expected.length),
        },
      },
    ])
  })

  it('is written in the language of each recipient, with a link to the package', () => {
    const to = (login: string) => server.mails.find(mail => mail.recipients[0] === `${login}@example.org`)
    expect(to('both-1')).toMatchObject({
      from: 'releases@example.org',
      subject: 'Release notification: Package - Version',
      html: expect.stringContaining('Dear Zoë &lt;b&gt; both-1,'),
    })
    expect(to('both-1')?.html).toContain(
      `href="https://releases.example.org/#/viewReleases/viewRelease/${ofLeading.packageId}"`,
    )
    expect(to('both-2')?.html).toContain('Hej Zoë')
    expect(to('leading-1')?.html).toContain('Bonjour Zoë')
    expect(to('both-3')?.html).toContain('Dear Zoë')
  })

  it('of a package of another member goes to whoever that member approved; again when asked again', async () => {
    const expected = addresses(told('both', 'own'))
    for (const body of [undefined, { name: 'a whole version', releaseFiles: [] }]) {
      const before = server.mails.length
      expect((await slipway.call('sten', 'POST', pathOf(ofSweden), body)).status).toBe(200)
      expect((await recipients(expected.length, before)).toSorted()).toEqual(expected)
    }
  })

  it('takes an empty body that is labelled as JSON', async () => {
    const headers = { authorization: 'Bearer downloads-administrator-token', 'content-type': 'application/json' }
    const response = await fetch(slipway.platform.url + pathOf(ofSweden), { method: 'POST', headers })
    expect(response.status).toBe(200)
  })

  it('is for staff of the member, and for versions that there are', async () => {
    const post = async (person: Parameters<typeof slipway.call>[0], path: string) => {
      const { status, body } = await slipway.call(person, 'POST', path)
      return [status, body?.message]
    }
    expect(await post('nobody', pathOf(ofSweden))).toEqual([
      401,
      'Full authentication is required to access this resource',
    ])
    for (const person of ['nils', 'insider', 'ann'] as const) {
      expect(await post(person, pathOf(ofSweden)), person).toEqual([403, 'Access is denied'])
    }
    const elsewhere = { ...ofSweden, versionId: ofLeading.versionId }
    expect(await post('sten', pathOf(elsewhere))).toEqual([404, 'Not Found'])
  })

  it('with the same idempotency key is done once', async () => {
    const headers = { authorization: 'Bearer downloads-administrator-token', 'idempotency-key': 'once' }
    for (let time = 0; time < 2; time += 1) {
      const response = await fetch(slipway.platform.url + pathOf(ofLeading), { method: 'POST', headers })
      expect(response.status).toBe(200)
    }
    const rows = await slipway.store.read<{ count: number }>(
      { name: 'made', text: 'select count(*) from notification where release_version_id = $1' },
      [ofLeading.versionId],
    )
    expect(rows).toEqual([{ count: 2 }])
  })
})
