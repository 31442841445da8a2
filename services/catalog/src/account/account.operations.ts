import type { OperationHandler } from '@slipway/bus'
import {
  accountOperations,
  failure,
  type KnownAccount,
  userOperations,
  type Viewer,
  viewerOf,
} from '@slipway/contracts'
import { handlerOf, writeHandler } from '@slipway/service'
import type { Queryable, Store } from '@slipway/store'
import { affiliateOf, findAffiliate } from '../affiliate/affiliate.store.ts'
import { setFirstPeriod } from '../commercial-usage/commercial-usage.store.ts'
import { mailBaseUrl } from '../mail/base-url.ts'
import { notFound } from '../member/viewer.ts'
import { inPieces } from '../records/read-handlers.ts'
import { findProfile, listProfiles, type Profile } from './account.store.ts'
import { mailReset } from './mail-reset.ts'
import { noteAccount } from './note-account.ts'

const { note, get } = accountOperations
const { list: listUsers, get: getUser } = userOperations

/** MLDS shows one in place of the password. */
const mask = '********'

/** Who may sign in, as this API sees them. */
export function accountHandlers(store: Store, publicUrl: string | undefined): OperationHandler[] {
  return [
    writeHandler(store, note, async (tx, { account, reset_key: resetKey, usage_period: period }, context) => {
      const baseUrl = mailBaseUrl(publicUrl)
      await noteAccount(tx, account, baseUrl, context, async () => account.activation_key)
      await requireItsAffiliate(tx, account)
      if (period) await setFirstPeriod(tx, account.login.toLowerCase(), period.start_date, period.end_date)
      if (resetKey !== undefined) await mailReset(tx, account, baseUrl, resetKey)
      return {}
    }),

    handlerOf(get, async ({ account }, { identity }) => {
      const viewer = viewerOf(identity)
      const login = viewer.login as string
      const profile = await findProfile(store.read, login)
      const { first_name, last_name, email, lang_key } = profile ?? account
      const home = viewer.kind === 'user' ? (await affiliateOf(store.read, login))?.home_member : undefined
      const member = viewer.member ?? home
      return {
        body: {
          login,
          password: mask,
          firstName: first_name,
          lastName: last_name,
          email,
          langKey: lang_key,
          roles: rolesOf(identity?.roles ?? [], viewer),
          member: member === undefined ? null : { key: member },
          country: null,
          initialUsagePeriod: null,
        },
      }
    }),

    handlerOf(listUsers, async () => {
      const users = (await listProfiles(store.read)).map(shownUser)
      return inPieces(listUsers, JSON.stringify(users))
    }),

    handlerOf(getUser, async ({ login }) => {
      const profile = await findProfile(store.read, login)
      if (!profile) throw notFound()
      return { body: shownUser(profile) }
    }),
  ]
}

/** @throws `conflict` where the affiliate that an account was made for is another's by now */
async function requireItsAffiliate(tx: Queryable, { affiliate_id: id, login }: KnownAccount): Promise<void> {
  if (id === undefined || (await findAffiliate(tx.query, id))?.creator === login.toLowerCase()) return
  throw failure('conflict', 'The affiliate has another login.')
}

/**
 * Roles as MLDS has them, whatever made the caller what they are: every login is a user, and who acts for a member has
 * the role itself and that of the member.
 */
function rolesOf(roles: readonly string[], { kind, member }: Viewer): string[] {
  const acting = kind === 'staff' ? 'ROLE_STAFF' : kind === 'member' ? 'ROLE_MEMBER' : undefined
  const meant = [
    'ROLE_USER',
    ...(kind === 'admin' ? ['ROLE_ADMIN'] : []),
    ...(acting === undefined ? [] : [acting, ...(member === null ? [] : [`${acting}_${member}`])]),
  ]
  return [...new Set([...roles, ...meant])]
}

function shownUser(profile: Profile) {
  return {
    userId: profile.user_id,
    login: profile.login,
    firstName: profile.first_name,
    lastName: profile.last_name,
    email: profile.email,
    activated: profile.activated,
    langKey: profile.lang_key,
    acceptNotifications: profile.accept_notifications,
    countryNotificationsOnly: profile.country_notifications_only,
  }
}
