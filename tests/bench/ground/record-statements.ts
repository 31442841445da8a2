import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { PostgresServer } from '@slipway/servers'
import pg from 'pg'

/** A statement as a service sent it, with the values of that time. */
export type RecordedStatement = { readonly name: string; readonly text: string; readonly values: (string | null)[] }

const lookMs = 50
const patienceMs = 5_000

/**
 * What a service asks Postgres when it is asked something itself, read from the log of the server: so a reference runs
 * the very statement of the platform, whatever becomes of it, and knows nothing of the service but its name. Returns the
 * first execution of the statement with exactly this name; services at rest execute others all the time.
 */
export async function recordStatement(
  postgres: PostgresServer,
  name: string,
  cause: () => Promise<unknown>,
): Promise<RecordedStatement> {
  const start = (await readFile(postgres.logFile, 'utf8')).length
  const others = new Set<string>()
  await logStatements(postgres.url, 'all')
  try {
    for (let waited = 0; waited < patienceMs; waited += lookMs) {
      await cause()
      for (const statement of statementsIn((await readFile(postgres.logFile, 'utf8')).slice(start))) {
        if (statement.name === name) return statement
        others.add(statement.name)
      }
      // Sessions notice the new setting between two statements.
      await delay(lookMs)
    }
  } finally {
    await logStatements(postgres.url, 'none')
  }
  throw new Error(`no statement named "${name}" was executed, but ${[...others].sort().join(', ') || 'none'}`)
}

async function logStatements(url: string, which: 'all' | 'none'): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`alter system set log_statement = '${which}'`)
  await client.query('select pg_reload_conf()')
  await client.end()
}

/** Entries of the log: the text after `execute <name>:` goes on in lines that begin with a tab; values stand below it. */
function* statementsIn(log: string): Generator<RecordedStatement> {
  for (const [, name = '', text = '', values = ''] of log.matchAll(entry)) {
    yield { name, text: text.replaceAll('\n\t', '\n'), values: readValues(values) }
  }
}

const entry = /LOG: {2}execute ([^:\n]+): ((?:.|\n\t)*)\n[^\t\n]*DETAIL: {2}Parameters: ((?:.|\n\t)*)\n/g

function readValues(text: string): (string | null)[] {
  return [...text.matchAll(/\$\d+ = (?:NULL|'((?:[^']|'')*)')/g)].map(
    ([, value]) => value?.replaceAll("''", "'") ?? null,
  )
}
