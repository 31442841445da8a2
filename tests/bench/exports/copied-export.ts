import { createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { zipEntry } from '@slipway/blobs'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'

/**
 * What the export is compared with: the rows of the version by COPY, through the same zip, into a file. It makes no JSON of
 * them, keeps no hash, and hands nothing to a store. Returns its seconds and bytes.
 */
export async function copyExport(databaseUrl: string, version: string, file: string) {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const begun = performance.now()
    const rows = client.query(
      copyTo(`copy (
        select v.body from member m join child_version v on v.position = m.child_version
        where m.version = (select max(position) from source_version where id = '${version}') order by m.kind, m.child
      ) to stdout`),
    )
    await pipeline(Readable.from(zipEntry('export.json', rows), { objectMode: false }), createWriteStream(file))
    return { seconds: (performance.now() - begun) / 1000, bytes: (await stat(file)).size }
  } finally {
    await client.end()
  }
}
