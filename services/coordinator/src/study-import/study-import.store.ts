import { idPrefixes, newId, titleKey } from '@slipway/contracts'
import { outboxColumns, type Queryable, type Statement } from '@slipway/store'

/** Under the lease of its job, and one study for each import: whoever tries again finds what was made. */
const insert: Statement = {
  name: 'study-import-insert',
  text: `
    with mine as (
      select id from job where id = $1 and lease = $2 for key share
    ), made as (
      insert into study_object (accession, origin, name, owner, content, import_task)
      select $3, 'odm', $4, $5, $6::jsonb, id from mine
      on conflict (import_task) do nothing
      returning *
    ), versioned as (
      insert into study_version (accession, version, content, name, message, author, task)
      select accession, 1, content, name, 'Imported', owner, import_task from made
    )
    insert into platform.outbox (${outboxColumns})
    select 'study-version', 'published', accession, 1, owner, null, json_build_object('accession', accession,
      'version', '1', 'message', 'Imported', 'author', owner, 'task', import_task, 'draft_revision', null)
    from made`,
}
const find: Statement = {
  name: 'study-import-find',
  text: 'select accession from study_object where import_task = $1',
}

/** Puts an imported study down as version 1; its accession, or undefined when the job is another's by now. */
export async function insertImported(
  tx: Queryable,
  job: { readonly id: string; readonly lease: string },
  owner: string,
  content: Readonly<Record<string, unknown>>,
): Promise<string | undefined> {
  const title = content[titleKey]
  const accession = newId(idPrefixes.study)
  const name = title === undefined ? accession : String(title)
  await tx.query(insert, [job.id, job.lease, accession, name, owner, JSON.stringify(content)])
  const [row] = await tx.query<{ accession: string }>(find, [job.id])
  return row?.accession
}
