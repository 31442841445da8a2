import { identityAlgorithm } from '@slipway/contracts'
import type { Queryable, Store } from '@slipway/store'
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { sql } from 'kysely'
import { daysAgo, prepare, prepareTurn } from '../sql.ts'

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

const takeTurn = prepareTurn('signing-key.take-turn', 'gateway.signing-key')
const newest = prepare<{ days: number }>()('signing-key.newest', (db, p) =>
  db
    .selectFrom('signing_key')
    .select(eb => [
      'kid',
      eb.ref('private_jwk').$castTo<JWK>().as('private_jwk'),
      eb('created_at', '<', daysAgo(p.days)).as('old'),
    ])
    .orderBy('created_at', 'desc')
    .orderBy('kid')
    .limit(1),
)
const insert = prepare<{ kid: string; publicJwk: JWK; privateJwk: JWK }>()('signing-key.insert', (db, p) =>
  db.insertInto('signing_key').values({
    kid: p.kid,
    public_jwk: p.publicJwk,
    private_jwk: p.privateJwk,
    created_at: sql<string>`clock_timestamp()`,
  }),
)
const all = prepare()('signing-key.published', db =>
  db
    .selectFrom('signing_key')
    .select(eb => eb.ref('public_jwk').$castTo<JWK>().as('public_jwk'))
    .orderBy('created_at'),
)
/** A key is not needed any more when one that is younger has signed for some time. */
const prune = prepare()('signing-key.prune', db =>
  db.deleteFrom('signing_key as old').where(eb =>
    eb.exists(
      eb
        .selectFrom('signing_key as young')
        .whereRef('young.created_at', '>', 'old.created_at')
        .where('young.created_at', '<', daysAgo(sql.lit(keptDays))),
    ),
  ),
)

/** Opens the keys, making the first one if there is none. Of many replicas exactly one makes a new key when it is due. */
export async function openSigningKeys(store: Store, rotationDays: number): Promise<SigningKeys> {
  let current: SigningKey

  async function rotate() {
    const row = await store.transaction(async tx => {
      await tx.query(takeTurn)
      await tx.query(prune)
      const [latest] = await tx.query(newest, { days: rotationDays })
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
      const rows = await store.read(all)
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
  await tx.query(insert, { kid, publicJwk: { ...publicJwk, ...shared, kid }, privateJwk: private_jwk })
  return { kid, private_jwk }
}
