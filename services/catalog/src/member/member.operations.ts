import type { CallContext, OperationHandler } from '@slipway/bus'
import { memberOperations, viewerOf } from '@slipway/contracts'
import { handlerOf, writeHandler } from '@slipway/service'
import type { Queryable, Store } from '@slipway/store'
import { listMembers, lockMember, type MemberChange, saveMember, shownMember } from './member.store.ts'
import { notFound, requireActingFor, requireEditor } from './viewer.ts'

const { list, update, setNotifications, setFeed } = memberOperations

/** Member organisations. Everybody may read them; staff changes its own, administrators any. */
export function memberHandlers(store: Store): OperationHandler[] {
  async function change(tx: Queryable, key: string, changes: MemberChange, context: CallContext) {
    const viewer = requireEditor(context.identity)
    const row = await lockMember(tx, key)
    if (!row) throw notFound()
    requireActingFor(viewer, key)
    return { body: shownMember(await saveMember(tx, row, changes, context), viewer) }
  }

  return [
    handlerOf(list, async (_input, { identity }) => {
      const viewer = viewerOf(identity)
      return { body: (await listMembers(store.read)).map(row => shownMember(row, viewer)) as never }
    }),

    // Both fields are replaced: what is absent becomes null.
    writeHandler(store, update, (tx, { key, body }, context) => {
      const { promotePackages = null, staffNotificationEmail = null } = body
      return change(
        tx,
        key,
        { promote_packages: promotePackages, staff_notification_email: staffNotificationEmail },
        context,
      )
    }),

    writeHandler(store, setNotifications, (tx, { key, body }, context) =>
      change(tx, key, { staff_notification_email: body.staffNotificationEmail ?? null }, context),
    ),

    writeHandler(store, setFeed, (tx, { key, body }, context) => {
      const { contactEmail = null, memberOrgName = null, memberOrgURL = null } = body
      return change(
        tx,
        key,
        { contact_email: contactEmail, member_org_name: memberOrgName, member_org_url: memberOrgURL },
        context,
      )
    }),
  ]
}
