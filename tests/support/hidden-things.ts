import { type HttpAnswer, httpExchange } from '@slipway/testing'

export const adminToken = 'hidden-administrator-token'
const tokenOf = (login: string) => `hidden-token-of-${login}`

const roles = {
  /** Whose the hidden things are. */
  keeper: ['DEV', 'curator', 'ROLE_USER'],
  stranger: [],
  developer: ['DEV'],
  curator: ['curator'],
  user: ['ROLE_USER'],
  insider: ['ROLE_MEMBER', 'ROLE_MEMBER_IHTSDO', 'ROLE_USER'],
  sweden: ['ROLE_STAFF', 'ROLE_STAFF_SE', 'ROLE_USER'],
} as const
type Login = keyof typeof roles

/** Everybody who has none of the hidden things. */
export const viewers = ['anonymous', 'stranger', 'developer', 'curator', 'user', 'insider', 'sweden'] as const
export type Viewer = (typeof viewers)[number]
export type Caller = Viewer | 'keeper' | 'admin'

const hiddenStudy = 'SD_HHHHHHH1'

/** The people to start a platform with. */
export const hiddenAccounts = Object.entries(roles).map(([login, given]) => ({
  login,
  token: tokenOf(login),
  email: `${login}@example.org`,
  roles: [...given],
  ...(login === 'keeper' && { groups: [hiddenStudy] }),
}))

/** API tokens of all APIs alike, but for the word before them. */
export function authorizationOf(caller: Caller, scheme = 'Bearer'): Readonly<Record<string, string>> {
  if (caller === 'anonymous') return {}
  return { authorization: `${scheme} ${caller === 'admin' ? adminToken : tokenOf(caller satisfies Login)}` }
}

/** Ids of things that are there, but that only `keeper` and those who may see everything may know of. */
export type HiddenThings = Awaited<ReturnType<typeof seedHiddenThings>>

export async function seedHiddenThings(url: string) {
  async function call(caller: Caller, method: string, path: string, body?: unknown): Promise<HttpAnswer> {
    const headers = { ...authorizationOf(caller), 'content-type': 'application/json' }
    const text = body === undefined ? undefined : JSON.stringify(body)
    const answer = await httpExchange(url, method, path, { headers, body: text })
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
    return answer
  }
  const keep = async (path: string, body: unknown = {}) => (await call('keeper', 'POST', path, body)).body

  const org = 'HIDDEN'
  await keep('/orgs/', { id: org, name: org, public_access: 'None' })
  await keep('/orgs/', { id: 'OPEN', name: 'OPEN' })
  const source = 'hidden'
  const sources = [
    { path: `/orgs/${org}/`, source },
    { path: '/orgs/OPEN/', source },
    { path: '/users/keeper/', source },
  ] as const
  for (const { path } of sources) await seedSource(`${path}sources/`)
  async function seedSource(path: string): Promise<void> {
    await keep(path, { id: source, name: source, public_access: 'None' })
    const names = [{ name: 'hidden', locale: 'en' }]
    const one = { concept_class: 'Test', datatype: 'N/A', names }
    for (const id of ['C1', 'C2']) await keep(`${path}${source}/concepts/`, { id, ...one })
    const from = `${path}${source}/concepts/C1/`
    const mapping = { id: 'M1', map_type: 'SAME-AS', from_concept_url: from, to_concept_url: from.replace('C1', 'C2') }
    await keep(`${path}${source}/mappings/`, mapping)
    await keep(`${path}${source}/versions/`, { id: 'v1', released: true })
  }

  await call('admin', 'POST', '/v1/studies', { kf_id: hiddenStudy, name: 'Hidden' })
  const line = { type: 'Organization', id: 'IMPORTED', name: 'IMPORTED' }
  const imported = await keep('/importers/bulk-import/', { data: [line] })

  const webhook = await keep('/webhooks', { url: 'https://example.org/hook' })
  const delivery = await keep(`/webhooks/${webhook.id}/test`)
  const apiToken = await keep('/api/v1/users/me/tokens', { name: 'hidden' })
  const account = { login: 'concealed', roles: [], password: 'password of concealed' }
  await call('admin', 'POST', '/api/v1/accounts', account)
  const basic = Buffer.from(`${account.login}:${account.password}`).toString('base64')
  const form = new URLSearchParams({ j_username: account.login, j_password: account.password })
  const session = await httpExchange(url, 'POST', '/app/authentication', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: String(form),
  })
  if (session.status !== 200) throw new Error(`no session: ${session.status} ${session.text}`)
  const sessions = await httpExchange(url, 'GET', '/api/account/sessions', {
    headers: { authorization: `Basic ${basic}` },
  })

  const editor = async (path: string, body: unknown) => (await call('admin', 'POST', path, body)).body
  const { releasePackageId } = await editor('/api/releasePackages', { name: 'Package', member: { key: 'SE' } })
  const packagePath = `/api/releasePackages/${releasePackageId}/releaseVersions`
  const { releaseVersionId } = await editor(packagePath, { name: 'Hidden', releaseType: 'offline' })
  const fileFields = { label: 'hidden', downloadUrl: 'https://example.org/ihtsdo.zip' }
  const { releaseFileId } = await editor(`${packagePath}/${releaseVersionId}/releaseFiles`, fileFields)
  const [affiliate] = (await call('keeper', 'GET', '/api/affiliates/me')).body
  const application = (await call('keeper', 'GET', '/api/applications/me')).body
  const { commercialUsageId } = application.commercialUsage
  const report = `/api/commercialUsages/${commercialUsageId}`
  const place = { country: { isoCode2: 'SE' } }
  const { commercialUsageEntryId } = await keep(report, { name: 'Hospital', ...place })
  const { commercialUsageCountId } = await keep(`${report}/countries`, place)

  return {
    org,
    source,
    study: hiddenStudy,
    task: imported.task as string,
    webhook: webhook.id as string,
    delivery: delivery.id as string,
    apiToken: apiToken.id as string,
    login: account.login,
    session: sessions.body[0].series as string,
    releasePackageId: releasePackageId as number,
    releaseVersionId: releaseVersionId as number,
    releaseFileId: releaseFileId as number,
    affiliateId: affiliate.affiliateId as number,
    applicationId: application.applicationId as number,
    report: { commercialUsageId, commercialUsageEntryId, commercialUsageCountId } as Readonly<Record<string, number>>,
  }
}
