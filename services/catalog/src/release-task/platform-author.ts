import { isFailure, leadingMember } from '@slipway/contracts'
import type { AnyTx } from '@slipway/store'
import { type Author, lockPackage, type PackageRow } from '../package/package-write.ts'

/** Who makes the versions of releases: nobody in person. */
export const platformAuthor: Author = {
  viewer: { kind: 'admin', member: leadingMember, login: 'system' },
  principal: 'system',
  actor: 'system',
  traceparent: undefined,
}

/** Undefined: the package was taken away. */
export async function lockIfThere(tx: AnyTx, releasePackageId: number): Promise<PackageRow | undefined> {
  try {
    return await lockPackage(tx, releasePackageId, platformAuthor)
  } catch (error) {
    if (isFailure(error, 'not_found')) return undefined
    throw error
  }
}
