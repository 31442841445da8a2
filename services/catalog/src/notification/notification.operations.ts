import type { OperationHandler } from '@slipway/bus'
import { notificationOperations } from '@slipway/contracts'
import { commandOf, handlerOf } from '@slipway/service'
import { rememberCommand, type Store, setTimer } from '@slipway/store'
import { mailBaseUrl } from '../mail/base-url.ts'
import { notFound } from '../member/viewer.ts'
import { authorOf, lockPackage } from '../package/package-write.ts'
import { sightOf } from '../package/visibility.ts'
import { inPieces } from '../records/read-handlers.ts'
import { readVersion } from '../version/version-reads.ts'
import { insertNotification } from './notification.store.ts'
import { notificationTimer } from './notify.ts'

/** Takes the wish to notify; who gets a mail is found out afterwards, by any replica. Answers the version. */
export function notificationHandlers(store: Store, publicUrl: string | undefined): OperationHandler[] {
  const { create } = notificationOperations
  return [
    handlerOf(create, async (input, context) => {
      const { releasePackageId, releaseVersionId } = input
      const author = authorOf(context)
      const baseUrl = mailBaseUrl(publicUrl) ?? ''
      const command = commandOf(create, input, context)
      const { headers, body } = await store.transaction(async tx => {
        await lockPackage(tx, releasePackageId, author)
        const shown = await readVersion(tx.query, releaseVersionId, releasePackageId, sightOf(author.viewer))
        if (!shown) throw notFound()
        const { id, task } = await insertNotification(tx, { principal: author.principal, releaseVersionId, baseUrl })
        await setTimer(tx, { name: notificationTimer, key: String(id), payload: id })
        const told = { 'Slipway-Task': task }
        if (command) await rememberCommand(tx, { ...command, status: 200, headers: told, body: shown.body })
        return { headers: told, body: shown.body }
      })
      return inPieces(create, body, { headers })
    }),
  ]
}
