import { randomBytes } from 'node:crypto'
import { failure } from '@slipway/contracts'
import type { PlatformApi } from '../platform-api.ts'

/** Who takes part in the demo beside the administrator. */
export type People = {
  /** Affiliate of the member whose packages these are, approved by the member's staff. */
  readonly affiliate: Person
  /** An affiliate, too, whom nobody has approved. */
  readonly stranger: Person
}
export type Person = { readonly login: string; readonly api: PlatformApi }

/** The member that offers the packages. */
export const member = 'SE'

const staff = { login: 'sten@demo.example', firstName: 'Sten', roles: ['ROLE_STAFF'] }
const affiliate = { login: 'ann@demo.example', firstName: 'Ann', roles: ['ROLE_USER'] }
const stranger = { login: 'bob@demo.example', firstName: 'Bob', roles: ['ROLE_USER'] }

type Application = { readonly applicationId: number; readonly approvalState: string }

/** Makes sure of everybody's account, and that the affiliate is in good standing with the member. */
export async function introducePeople(api: PlatformApi): Promise<People> {
  const [approved, other] = await Promise.all([signIn(api, affiliate), signIn(api, stranger)])
  await apply(approved, () => signIn(api, staff))
  return { affiliate: approved, stranger: other }
}

/** Each run gives the account a new password: nothing needs to be kept, and a platform that is known works as well. */
async function signIn(api: PlatformApi, person: typeof staff): Promise<Person> {
  const { login } = person
  const password = randomBytes(24).toString('base64url')
  const account = `/api/v1/accounts/${encodeURIComponent(login)}`
  if (await api.find(account)) await api.call('PATCH', account, { password })
  else await api.call('POST', '/api/users', { ...person, password, lastName: 'Demo', email: login, member })
  const { token } = await api.call<{ token: string }>('POST', '/users/login/', { username: login, password })
  return { login, api: api.as(token) }
}

/** The application of an affiliate, from whatever state an earlier run left it in to its approval. */
async function apply({ login, api }: Person, findReviewer: () => Promise<Person>): Promise<void> {
  const { applicationId, approvalState } = await api.call<Application>('GET', '/api/applications/me')
  const path = `/api/applications/${applicationId}`
  if (approvalState === 'NOT_SUBMITTED') await api.call('POST', `${path}/registration`, registration(login))
  if (approvalState !== 'APPROVED') {
    const reviewer = await findReviewer()
    await reviewer.api.call('POST', `${path}/approve`, 'APPROVED')
  }
  const [own] = await api.call<{ standingState: string }[]>('GET', '/api/affiliates/me')
  if (own?.standingState !== 'IN_GOOD_STANDING') {
    throw failure('refused', `the standing of ${login} is ${own?.standingState}, not good`)
  }
}

const registration = (email: string) => ({
  type: 'ACADEMIC',
  subType: 'RESEARCHER',
  snoMedTC: true,
  affiliateDetails: {
    firstName: affiliate.firstName,
    lastName: 'Demo',
    email,
    organizationName: 'Demo laboratory',
    address: { street: 'Storgatan 1', city: 'Uppsala', post: '753 31', country: { isoCode2: member } },
    billingAddress: { country: { isoCode2: member } },
  },
})
