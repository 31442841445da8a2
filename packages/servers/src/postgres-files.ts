import { join } from 'node:path'
import { postgresHome } from './postgres-home.ts'
import { processFacts, readPid } from './processes.ts'
import { postgresUser, type SystemUser } from './system-user.ts'

export type PostgresFiles = {
  /** Holds `data` and `password`. */
  readonly home: string
  /** Whose `data` must be; undefined: ours. */
  readonly user: SystemUser | undefined
  /** Whether a server of these files is there, also one that its launcher has left over. */
  readonly running: boolean
}

/** Where `startPostgres` keeps the files of this data folder, which may be elsewhere under root. */
export async function postgresFiles(dataDir: string, log: (line: string) => void): Promise<PostgresFiles> {
  const user = await postgresUser(log)
  const home = await postgresHome(dataDir, user, log)
  const data = join(home, 'data')
  const pid = await readPid(join(data, 'postmaster.pid'))
  const facts = pid === null ? null : await processFacts(pid)
  return { home, user, running: facts?.command.includes(` -D ${data} `) === true }
}
