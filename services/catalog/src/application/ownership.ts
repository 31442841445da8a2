import { isEditor, type Viewer } from '@slipway/contracts'
import { accessDenied, requireActingFor } from '../member/viewer.ts'
import type { ApplicationOfAffiliate } from './application.store.ts'

/** An application belongs to the login of its affiliate. */
const isOwner = ({ affiliate }: ApplicationOfAffiliate, { login }: Viewer): boolean => affiliate.creator === login

/** @throws `forbidden` for everybody else, staff and administrators included */
export function requireOwner(row: ApplicationOfAffiliate, viewer: Viewer): void {
  if (!isOwner(row, viewer)) throw accessDenied()
}

/**
 * Who may change it: its owner, staff of the member that is asked, administrators.
 * @throws `forbidden` for everybody else
 */
export function requireOwnerOrReviewer(row: ApplicationOfAffiliate, viewer: Viewer): void {
  if (!isOwner(row, viewer)) requireActingFor(viewer, row.member)
}

/** Who may read it. @throws `forbidden` for users to whom it does not belong */
export function requireOwnerOrEditor(row: ApplicationOfAffiliate, viewer: Viewer): void {
  if (!isEditor(viewer)) requireOwner(row, viewer)
}
