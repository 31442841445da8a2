import { identityAlgorithm } from '@slipway/contracts'
import type { Queryable, Statement, Store } from '@slipway/store'
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'

/** Seconds that an identity token is good for. */
export const identityTokenSeconds = 300

/** Days that a public key stays after another one took over: ample for tokens of minutes and for clocks that differ. */
const keptDays = 1

export type SigningKey = { readonly kid: string; readonly key: CryptoKey }

export type SigningKeys = {
  /** The key that signs now. */
  current(): SigningKey
  /** Public keys of all tokens that may still be good, from the database. */
  published(): Promise<{ readonly keys: readonly JWK[] }>
  /** Makes a new key if the newest one is too old, removes what nobody needs, and takes over what other replicas made. */
  rotate(): Promise<void>
}

const takeTurn: Statement = {
  name: 'signing-key.take-turn',
  text: `select pg_advisory_xact_lock(hashtextextended('gateway.signing-key', 0))`,
}
const newest: Statement = {
  name: 'signing-key.newest',
  text: `select kid, private_jwk, created_at < now() - make_interval(days => $1::int) as old
    from signing_key order by created_at desc, kid limit 1`,
}
const insert: Statement = {
  name: 'signing-key.insert',
  text: 'insert into signing_key (kid, public_jwk, private_jwk, created_at) values ($1, $2, $3, clock_timestamp())',
}
const all: Statement = { name: 'signing-key.published', text: 'select public_jwk from signing_key order by created_at' }
/** A key is not needed any more when one that is younger has signed for some time. */
const prune: Statement = {
  name: 'signing-key.prune',
  text: `delete from signing_key old where exists (
    select from signing_key young
    where young.created_at > old.created_at and young.created_at < now() - make_interval(days => ${keptDays}))`,
}

type NewestRow = { readonly kid: string; readonly private_jwk: JWK; readonly old: boolean }

/** Opens the keys, making the first one if there is none. Of many replicas exactly one makes a new key when it is due. */
export async function openSigningKeys(store: Store, rotationDays: number): Promise<SigningKeys> {
  let current: SigningKey

  async function rotate() {
    const row = await store.transaction(async tx => {
      await tx.query(takeTurn)
      await tx.query(prune)
      const [latest] = await tx.query<NewestRow>(newest, [rotationDays])
      return latest && !latest.old ? latest : createKey(tx)
    })
    if (row.kid !== current?.kid) {
      current = { kid: row.kid, key: (await importJWK(row.private_jwk, identityAlgorithm)) as CryptoKey }
    }
  }

  await rotate()
  return {
    current: () => current,
    async published() {
      const rows = await store.read<{ public_jwk: JWK }>(all)
      return { keys: rows.map(row => row.public_jwk) }
    },
    rotate,
  }
}

async function createKey(tx: Queryable) {
  const { publicKey, privateKey } = await generateKeyPair(identityAlgorithm, { extractable: true })
  const shared = { alg: identityAlgorithm, use: 'sig' }
  const publicJwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(publicJwk)
  const private_jwk = { ...(await exportJWK(privateKey)), ...shared, kid }
  await tx.query(insert, [kid, { ...publicJwk, ...shared, kid }, private_jwk])
  return { kid, private_jwk }
}
