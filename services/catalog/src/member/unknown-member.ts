import { failure, type SlipwayError } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import { prepare } from '../sql.ts'

const keys = prepare()('member.keys', db => db.selectFrom('member').select('key').orderBy('key'))

/** The sentence that clients of MLDS know, blank at its end included. */
export function unknownMember(key: string, known: readonly string[]): SlipwayError {
  return failure('refused', `Unknown member: '${key}'. Valid options: ${known.map(option => `${option} `).join('')}`)
}

/** @throws `refused` when there is no member of this key; keys are told apart by case */
export async function requireMember(store: Pick<Store, 'read'>, key: string): Promise<string> {
  const known = (await store.read(keys)).map(row => row.key)
  if (!known.includes(key)) throw unknownMember(key, known)
  return key
}
