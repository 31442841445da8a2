import { failure } from '@slipway/contracts'
import type { Blob, BlobDatabase, NamedBlob, Queryable, Statement } from './types.ts'

const begin: Statement = { name: 'blob.begin', text: 'insert into blob (id, place) values ($1, $2)' }
const touch: Statement = { name: 'blob.touch', text: 'update blob set touched_at = clock_timestamp() where id = $1' }
const finish: Statement = {
  name: 'blob.finish',
  text: `update blob set size = $2, sha256 = $3, touched_at = clock_timestamp()
    where id = $1 and removed_at is null returning id`,
}
const takeName: Statement = {
  name: 'blob.take-name',
  text: 'update blob set removed_at = clock_timestamp() where name = $1 and removed_at is null returning id',
}
const giveName: Statement = {
  name: 'blob.give-name',
  text: `update blob set name = $2, created_at = clock_timestamp()
    where id = $1 and name is null and sha256 is not null returning id`,
}
const byName: Statement = {
  name: 'blob.by-name',
  text: `select id, place, name, size::float8 as size, sha256,
      to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "createdAt"
    from blob where name = $1 and removed_at is null`,
}
/** From here on nobody can publish it. What has begun to be freed stays listed until it is. */
const claim = (which: string) => `update blob set name = null, sha256 = null,
    removed_at = coalesce(removed_at, clock_timestamp())
  where id = (${which}) returning id, place`
const claimOne: Statement = {
  name: 'blob.claim',
  text: claim('select id from blob where id = $1 and name is null for update'),
}
const claimOld: Statement = {
  name: 'blob.claim-old',
  text: claim(`select id from blob
    where removed_at < clock_timestamp() - $1 * interval '1 millisecond'
      or (name is null and touched_at < clock_timestamp() - $2 * interval '1 millisecond')
    limit 1 for update skip locked`),
}
const forget: Statement = { name: 'blob.forget', text: 'delete from blob where id = $1' }

/** A blob whose bytes are to be freed. */
export type Claimed = { readonly id: string; readonly place: string }

/** The table of what blobs there are and what they are called. It is the truth; storages only hold bytes. */
export function blobIndex(database: BlobDatabase) {
  return {
    begin: (id: string, place: string) => database.write(begin, [id, place]),
    /** Says that the writer lives. */
    touch: (id: string) => database.write(touch, [id]),
    async finish({ id, size, sha256 }: Blob): Promise<void> {
      const [finished] = await database.write(finish, [id, size, sha256])
      if (!finished) throw failure('refused', 'The bytes were given up before they were complete.')
    },
    async publish(tx: Queryable, name: string, { id }: Blob): Promise<void> {
      await tx.query(takeName, [name])
      const [published] = await tx.query(giveName, [id, name])
      if (!published) throw failure('refused', 'The bytes are gone, or have a name already.')
    },
    remove: async (tx: Queryable, name: string) => (await tx.query(takeName, [name])).length > 0,
    async find(name: string): Promise<NamedBlob | null> {
      const [blob] = await database.read<NamedBlob>(byName, [name])
      return blob ?? null
    },
    async claim(id: string): Promise<Claimed | undefined> {
      const [claimed] = await database.write<Claimed>(claimOne, [id])
      return claimed
    },
    /** One that was removed, or whose writer was last heard of, longer ago than the given milliseconds. */
    async claimOld(removedMs: number, abandonedMs: number): Promise<Claimed | undefined> {
      const [claimed] = await database.write<Claimed>(claimOld, [removedMs, abandonedMs])
      return claimed
    },
    forget: (id: string) => database.write(forget, [id]),
  }
}
