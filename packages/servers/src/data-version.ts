import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { failure } from '@slipway/contracts'

const run = promisify(execFile)

/**
 * Looks whether a folder that is there already belongs to this version of PostgreSQL: only the same major version can
 * read it. Fails with `invalid` in one line.
 */
export async function checkDataVersion(data: string, postgres: string): Promise<void> {
  if (!existsSync(data)) return
  const version = (await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => '')).trim()
  const { stdout } = await run(postgres, ['--version'])
  const ours = /(\d+)/.exec(stdout)?.[1]
  if (version === ours) return
  const what = version === '' ? 'is no data folder of PostgreSQL' : `is one of PostgreSQL ${version}`
  throw failure('invalid', `${data} ${what}, and this is PostgreSQL ${ours}; choose another data folder`)
}
