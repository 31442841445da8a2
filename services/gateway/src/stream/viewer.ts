import { type Identity, readerWords } from '@slipway/contracts'
import type { Viewer } from './stored-event.ts'
import type { ToldAccess } from './told-access.ts'

/** Somebody as a reader of events, with the orgs that they belong to by now; null: without credentials. */
export function viewerOf(identity: Identity | null, access: ToldAccess): Viewer {
  let revision = -1
  let words: ReadonlySet<string>
  return {
    words() {
      if (revision !== access.revision) {
        words = readerWords(identity, identity ? access.orgsOf(identity.login) : [])
        revision = access.revision
      }
      return words
    },
    isPrivate: access.isPrivate,
  }
}
