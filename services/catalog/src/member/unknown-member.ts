import { failure, type SlipwayError } from '@slipway/contracts'
import type { AnyStore, Statement } from '@slipway/store'

const keys: Statement = { name: 'member.keys', text: 'select key from member order by key' }

/** The sentence that clients of MLDS know, blank at its end included. */
export function unknownMember(key: string, known: readonly string[]): SlipwayError {
  return failure('refused', `Unknown member: '${key}'. Valid options: ${known.map(option => `${option} `).join('')}`)
}

/** @throws `refused` when there is no member of this key; keys are told apart by case */
export async function requireMember(store: Pick<AnyStore, 'read'>, key: string): Promise<string> {
  const known = (await store.read<{ key: string }>(keys)).map(row => row.key)
  if (!known.includes(key)) throw unknownMember(key, known)
  return key
}
