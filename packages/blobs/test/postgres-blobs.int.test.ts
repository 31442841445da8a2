import { afterAll, beforeAll } from 'vitest'
import { postgresBlobs } from '../src/postgres-blobs.ts'
import { blobAcceptance } from './acceptance.ts'
import { type OwnerDatabase, openOwner } from './owner.ts'

let owner: OwnerDatabase
beforeAll(async () => {
  owner = await openOwner()
})
afterAll(() => owner[Symbol.asyncDispose]())

blobAcceptance('blobs in Postgres', () => ({
  blobs: postgresBlobs(owner),
  store: owner,
  async damage({ id }) {
    await owner.pool.query(
      'update blob_chunk set bytes = set_byte(bytes, 9, get_byte(bytes, 9) # 1) where blob = $1 and number = 1',
      [id],
    )
  },
  async lose({ id }) {
    await owner.pool.query('delete from blob_chunk where blob = $1', [id])
  },
  async stored() {
    const { rows } = await owner.pool.query('select count(*)::integer as count from blob_chunk')
    return rows[0].count
  },
}))
