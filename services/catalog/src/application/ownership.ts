import { isEditor, type Viewer } from '@slipway/contracts'
import { accessDenied, notFound, requireActingFor } from '../member/viewer.ts'
import type { ApplicationOfAffiliate } from './application.store.ts'

/** An application belongs to the login of its affiliate. */
const isOwner = ({ affiliate }: ApplicationOfAffiliate, { login }: Viewer): boolean => affiliate.creator === login

/** Who may read it. @throws `not_found` for users to whom it does not belong: they may not know of it */
export function requireOwnerOrEditor(row: ApplicationOfAffiliate, viewer: Viewer): void {
  if (!isEditor(viewer) && !isOwner(row, viewer)) throw notFound()
}

/** @throws `not_found` for other users; `forbidden` for staff and administrators, who may read it */
export function requireOwner(row: ApplicationOfAffiliate, viewer: Viewer): void {
  requireOwnerOrEditor(row, viewer)
  if (!isOwner(row, viewer)) throw accessDenied()
}

/**
 * Who may change it: its owner, staff of the member that is asked, administrators.
 * @throws `not_found` for other users, `forbidden` for staff of other members
 */
export function requireOwnerOrReviewer(row: ApplicationOfAffiliate, viewer: Viewer): void {
  requireOwnerOrEditor(row, viewer)
  if (!isOwner(row, viewer)) requireActingFor(viewer, row.member)
}
