import type { Statement } from '../types.ts'
import { sqlState } from './database-error.ts'
import type { WritePool } from './write-pool.ts'

/** Takes about a megabyte of the disk and gives it back at its end, which is that of its transaction. */
const probe: Statement = {
  name: '',
  text: `create temporary table slipway_room on commit drop as
    select md5(n::text) as one, md5((-n)::text) as other from generate_series(1, 10000) n`,
}

/**
 * True when there is room on the disk of the database again, after a statement found none: what fits into the gaps of
 * tables succeeds also on a full disk, so only new room tells. Every other failure leaves it to the next write.
 */
export async function hasRoom(pool: WritePool): Promise<boolean> {
  try {
    await pool.run(probe)
    return true
  } catch (error) {
    return sqlState((error as Error).cause) !== '53100'
  }
}
