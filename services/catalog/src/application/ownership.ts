import { isEditor, type Viewer } from '@slipway/contracts'
import { accessDenied } from '../member/viewer.ts'
import type { ApplicationOfAffiliate } from './application.store.ts'

/** An application belongs to the login of its affiliate. */
const isOwner = ({ affiliate }: ApplicationOfAffiliate, { login }: Viewer): boolean => affiliate.creator === login

/** @throws `forbidden` for everybody else, staff and administrators included */
export function requireOwner(row: ApplicationOfAffiliate, viewer: Viewer): void {
  if (!isOwner(row, viewer)) throw accessDenied()
}

/** @throws `forbidden` for users to whom it does not belong */
export function requireOwnerOrEditor(row: ApplicationOfAffiliate, viewer: Viewer): void {
  if (!isEditor(viewer)) requireOwner(row, viewer)
}
