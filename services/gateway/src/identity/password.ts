import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { failure } from '@slipway/contracts'
import { waitingLine } from '../http/waiting-line.ts'

const derive = promisify<string, string | Buffer, number, ScryptOptions, Buffer>(scrypt)

/** Cost of new hashes: about 200 ms and 32 MB each with 2^15. A hash carries the cost it was made with. */
let cost = { N: 2 ** 15, r: 8, p: 3 }
/** Of keys, which must stay the same whatever is set. */
const keyCost = { ...cost }
const keyBytes = 32
const saltBytes = 16
const maxmem = 256 * 1024 * 1024

/** Sets the cost of new hashes in this process, by the base-2 logarithm of scrypt's N; at most 17. */
export function setPasswordCost(logarithm: number): void {
  cost = { ...cost, N: 2 ** logarithm }
}

/** Derivations at the same time in this process: they take turns on threads that file and name look-ups need, too. */
const parallel = 2
/** How long depends on the machine, and on what else it does; clients wait for half a minute. */
const line = waitingLine({ places: parallel, waitMs: 10_000 })
let waiting = 0
const mostWaiting = 50

/** Before work for a client, which waits only so long. @throws `busy` when many passwords wait for their turn */
export function requireShortLine(): void {
  if (waiting < mostWaiting) return
  throw failure('busy', 'There are too many passwords to check at the moment.', { retryAfter: 2 })
}

/** @throws `busy`, see `requireShortLine` */
async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  requireShortLine()
  const turn = line.enter()
  if (turn) {
    waiting += 1
    await turn.finally(() => {
      waiting -= 1
    })
  }
  try {
    return await work()
  } finally {
    line.leave()
  }
}

/** A key that follows from a password, by the cost of a hash made with 2^15. @throws `busy` */
export function keyOfPassword(password: string, salt: string, bytes: number): Promise<Buffer> {
  return inTurn(() => derive(password.normalize('NFKC'), salt, bytes, { ...keyCost, maxmem }))
}

/** `scrypt$N$r$p$salt$key`, salt and key in base64url. @throws `busy` */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltBytes)
  const key = await inTurn(() => derive(password.normalize('NFKC'), salt, keyBytes, { ...cost, maxmem }))
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('$')
}

/** Nobody's hash: checking against it takes as long as against a real one, and fails. */
const nobody = () => `scrypt$${cost.N}$${cost.r}$${cost.p}$${'A'.repeat(22)}$${'A'.repeat(43)}`

/** Takes the same time whether or not there is a hash. A hash that cannot be read matches nothing. @throws `busy` */
export async function verifyPassword(password: string, hash: string | null | undefined): Promise<boolean> {
  const [scheme, N, r, p, salt = '', key = ''] = (hash ?? nobody()).split('$')
  if (scheme !== 'scrypt') return false
  const expected = Buffer.from(key, 'base64url')
  const options = { N: Number(N), r: Number(r), p: Number(p), maxmem }
  const actual = await inTurn(() =>
    derive(password.normalize('NFKC'), Buffer.from(salt, 'base64url'), expected.length, options),
  )
  return hash != null && timingSafeEqual(actual, expected)
}
