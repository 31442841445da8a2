import pg from 'pg'

/** The id of the n-th release, counted from 1. */
export const idOf = (n: number): string => `RE_${String(n).padStart(8, '0')}`

const statementsFor = (rows: number): readonly string[] => [
  `insert into study (kf_id, name, visible) select 'SD_0000000' || n, 'Study ' || n, true from generate_series(1, 9) n`,
  `insert into task_service (kf_id, name, url, enabled, sequence)
   select 'TS_0000000' || n, 'Finished service ' || n, 'http://127.0.0.1:9', false, 1 from generate_series(1, 2) n`,
  `insert into release (kf_id, name, description, author, tags, is_major, state, major, minor, patch, created_at)
   select 'RE_' || lpad(n::text, 8, '0'), 'Release ' || n, 'Harmonised data of two studies', 'bench', '{weekly}', false,
     case when n % 20 = 0 then 'canceled' else 'published' end, 0, n / 1000, n % 1000,
     now() - interval '1 day' - (${rows} - n) * interval '1 minute'
   from generate_series(1, ${rows}) n order by n`,
  `insert into release_study (release, study, ordinal)
   select kf_id, 'SD_0000000' || 1 + (position + ordinal) % 9, ordinal from release, generate_series(0, 1) ordinal`,
  `insert into task (kf_id, release, task_service, state, progress, created_at, moved_at, heard_at)
   select 'TA_' || service || substr(kf_id, 5), kf_id, 'TS_0000000' || service, state, 100, created_at, created_at,
     created_at
   from release, generate_series(1, 2) service order by position`,
  `insert into release_note (kf_id, description, author, release, study, created_at)
   select 'RN_' || substr(kf_id, 4), 'What is new in ' || name, 'bench', kf_id, 'SD_00000001', created_at
   from release where position % 2 = 0 order by position`,
  'vacuum analyze',
  'checkpoint',
]

/**
 * Releases that ended long ago, each with two studies and two tasks, every other with a note: put straight into the
 * database of the coordinator, because its API would take minutes.
 */
export async function loadRows(coordinatorUrl: string, rows: number): Promise<void> {
  const client = new pg.Client({ connectionString: coordinatorUrl })
  await client.connect()
  try {
    for (const statement of statementsFor(rows)) await client.query(statement)
  } finally {
    await client.end()
  }
}
