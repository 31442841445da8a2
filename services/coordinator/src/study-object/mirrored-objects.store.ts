import { outboxColumns, type Queryable, type Statement } from '@slipway/store'

/** Studies that were imported here are none of the mirror's business, whatever ids the data service gives. */
const take: Statement = {
  name: 'study-object-mirror',
  text: `
    with given as (
      select * from json_to_recordset($1::json) as x(kf_id text, name text, deleted boolean)
    ), known as (
      update study_object s set name = given.name, deleted = given.deleted from given
      where s.accession = given.kf_id and s.origin = 'mirror'
    ), made as (
      insert into study_object (accession, origin, name, deleted)
      select kf_id, 'mirror', name, deleted from given
      on conflict (accession) do nothing
      returning accession, content, name
    ), versioned as (
      insert into study_version (accession, version, content, name, message, author)
      select accession, 1, content, name, 'Imported', $2 from made
    )
    insert into platform.outbox (${outboxColumns})
    select 'study-version', 'published', accession, 1, $2, $3, json_build_object('accession', accession, 'version', '1',
      'message', 'Imported', 'author', $2::text, 'task', $4::text, 'draft_revision', null)
    from made`,
}

export type ChangedName = { readonly kf_id: string; readonly name: string; readonly deleted: boolean }

/** Takes over what the mirror changed: new studies get the first version of their metadata with it. */
export async function mirrorObjects(
  tx: Queryable,
  studies: readonly ChangedName[],
  { actor, traceparent, task }: { actor: string; traceparent: string | undefined; task: string | null },
): Promise<void> {
  if (studies.length === 0) return
  const given = studies.map(({ kf_id, name, deleted }) => ({ kf_id, name, deleted }))
  await tx.query(take, [JSON.stringify(given), actor, traceparent ?? null, task])
}
