import { postgresHome } from './postgres-home.ts'
import { postgresUser, type SystemUser } from './system-user.ts'

export type PostgresFiles = {
  /** Holds `data` and `password`. */
  readonly home: string
  /** Whose `data` must be; undefined: ours. */
  readonly user: SystemUser | undefined
}

/** Where `startPostgres` keeps the files of this data folder, which may be elsewhere under root. */
export async function postgresFiles(dataDir: string, log: (line: string) => void): Promise<PostgresFiles> {
  const user = await postgresUser(log)
  return { home: await postgresHome(dataDir, user, log), user }
}
