import { eventually, httpExchange } from '@slipway/testing'

/** Whose things they are that few may see. */
export const owner = { login: 'owner', token: 'token-of-owner', password: 'password of owner' }
export const study = 'SD_BBBBBBBB'

const account = (roles: readonly string[], more: object = {}) => ({
  roles,
  groups: [],
  permissions: [],
  member: null,
  ...more,
})

/** Accounts by what they are; `owner` is who the seeds belong to, and nothing that would show them anyway. */
export const people = {
  owner: account(['DEV', 'ROLE_USER']),
  plain: account(['USER', 'ROLE_USER']),
  stranger: account([]),
  developer: account(['DEV']),
  chief: account(['ADMIN']),
  staff: account(['staff']),
  sweden: account(['ROLE_STAFF', 'ROLE_STAFF_SE'], { member: 'SE' }),
  denmark: account(['ROLE_STAFF', 'ROLE_STAFF_DK'], { member: 'DK' }),
  insider: account(['ROLE_MEMBER', 'ROLE_MEMBER_IHTSDO'], { member: 'IHTSDO' }),
  packager: account(['ROLE_ADMIN']),
  curator: account(['curator'], { permissions: ['ACCESS_ALL_DATA'] }),
  ofStudy: account(['curator'], { groups: [study] }),
} as const

/** What was made for somebody, by its ids; `narrowed` is a token of the administrator for a developer's scope. */
export type Seeds = Readonly<
  Record<'release' | 'service' | 'import' | 'package' | 'affiliate' | 'webhook' | 'apiToken' | 'narrowed', string>
>

/** Makes something of every kind that is not for everybody, and something of every kind that is. */
export async function seed(url: string, adminToken: string, serviceUrl: string): Promise<Seeds> {
  const send = async (method: string, path: string, body: unknown, authorization: string) => {
    const headers = { authorization, 'content-type': 'application/json' }
    const answer = await httpExchange(url, method, path, { headers, body: JSON.stringify(body) })
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
    return answer.body
  }
  const admin = (method: string, path: string, body: unknown = {}) => send(method, path, body, `Bearer ${adminToken}`)
  const own = (path: string, body: unknown = {}) => send('POST', path, body, `Token ${owner.token}`)
  const basic = (login: string, password: string) => `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`

  await admin('POST', '/studies/sync')
  const described = { description: 'd', author: 'a', enabled: true }
  const service = await admin('POST', '/task-services', { ...described, name: 'Part', url: serviceUrl })
  const release = await admin('POST', '/releases', { name: 'Shown', studies: [study], author: 'a', is_major: false })

  const hidden = { public_access: 'None' }
  await own('/orgs/', { id: 'HIDDEN', name: 'Hidden', ...hidden })
  await own('/orgs/HIDDEN/sources/', { id: 'SECRET', name: 'Secret', ...hidden })
  const names = [{ name: 'n', locale: 'en', name_type: 'Fully Specified' }]
  const source = '/orgs/HIDDEN/sources/SECRET'
  for (const id of ['C1', 'C2']) await own(`${source}/concepts/`, { id, concept_class: 'Test', datatype: 'N/A', names })
  const ends = { from_concept_url: `${source}/concepts/C1/`, to_concept_url: `${source}/concepts/C2/` }
  await own(`${source}/mappings/`, { id: 'M1', map_type: 'SAME-AS', ...ends })
  await own(`${source}/versions/`, { id: 'v1', description: 'first', released: true })
  const line = { type: 'Concept', id: 'C3', owner: 'HIDDEN', owner_type: 'Organization', source: 'SECRET' }
  const started = await own('/importers/bulk-import/', {
    data: [{ ...line, concept_class: 'T', datatype: 'N/A', names }],
  })

  const mlds = basic('admin', 'password of the administrator')
  const made = await send('POST', '/api/releasePackages', { name: 'Package' }, mlds)
  const version = { name: 'unreleased version' }
  await send('POST', `/api/releasePackages/${made.releasePackageId}/releaseVersions`, version, mlds)
  const asOwner = basic(owner.login, owner.password)
  const mine = await httpExchange(url, 'GET', '/api/affiliates/me', { headers: { authorization: asOwner } })
  const webhook = await own('/webhooks', { url: 'https://example.org/hook', enabled: false })
  await httpExchange(url, 'POST', '/app/authentication', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ j_username: owner.login, j_password: owner.password }).toString(),
  })
  const apiToken = await own('/api/v1/users/me/tokens', { name: 'kept by its owner' })

  const narrowed = await admin('POST', '/api/v1/users/me/tokens', { name: 'narrowed', scopes: ['DEV'] })

  await eventually(async () => {
    const headers = { 'genestack-api-token': adminToken }
    const { text } = await httpExchange(url, 'GET', '/api/v1/tasks', { headers })
    return text.includes(started.task)
  })
  return {
    release: release.kf_id,
    service: service.kf_id,
    import: started.task,
    package: String(made.releasePackageId),
    affiliate: String(mine.body[0].affiliateId),
    webhook: webhook.id,
    apiToken: apiToken.id,
    narrowed: narrowed.token,
  }
}
