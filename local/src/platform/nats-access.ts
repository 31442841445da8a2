import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { failure } from '@slipway/contracts'
import { z } from 'zod'

/** Who may use the NATS that the launcher starts, and where it listened last. */
export type NatsAccess = {
  /** The file that keeps it, for this user of the machine only. */
  readonly file: string
  /** By user, as the configuration of NATS names them. */
  readonly passwords: Readonly<Record<string, string>>
  /** The variables that the configuration reads its passwords from. */
  readonly environment: Readonly<Record<string, string>>
  /** Absent before the first start. */
  readonly port: number | undefined
  /** Keeps the port for the next start. */
  rememberPort(port: number): Promise<void>
}

const keptSchema = z.object({
  port: z.number().int().min(1).max(65_535).optional(),
  passwords: z.record(z.string(), z.string().regex(/^[A-Za-z]\w+$/u)),
})
type Kept = z.infer<typeof keptSchema>

/** Of the file in the folder of NATS. */
export const accessFileName = 'access.json'

/**
 * The passwords of the users in a configuration of NATS: those that the folder keeps, and for who is new there one made at
 * random. Fails with `invalid` for a file that was damaged.
 */
export async function natsAccess(folder: string, config: string): Promise<NatsAccess> {
  const file = join(folder, accessFileName)
  const kept = await read(file)
  const users = passwordVariables(await readFile(config, 'utf8'))
  const passwords = { ...kept.passwords }
  for (const user of users.keys()) passwords[user] ??= newPassword()
  await write(file, { ...kept, passwords })
  return {
    file,
    passwords,
    // In quotes: NATS reads the text as configuration.
    environment: Object.fromEntries([...users].map(([user, variable]) => [variable, `"${passwords[user]}"`])),
    port: kept.port,
    rememberPort: port => write(file, { port, passwords }),
  }
}

/** The users of a configuration whose passwords come from its environment, each with the name of the variable. */
export function passwordVariables(config: string): Map<string, string> {
  const users = config.matchAll(/\buser:\s*"?([\w-]+)"?\s+password:\s*\$(\w+)/gu)
  return new Map([...users].map(([, user = '', variable = '']) => [user, variable]))
}

/** Letters and digits, beginning with a letter, so that it needs no escapes in a URL, a shell, or NATS itself. */
const newPassword = () => `n${randomBytes(24).toString('hex')}`

async function read(file: string): Promise<Kept> {
  try {
    return keptSchema.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { passwords: {} }
    throw failure('invalid', `${file} is damaged; remove it, and NATS gets new passwords and a new port`, {
      cause: error,
    })
  }
}

/** There completely or not at all, and at no moment readable for others. */
async function write(file: string, kept: Kept): Promise<void> {
  const unfinished = `${file}.unfinished`
  await mkdir(join(file, '..'), { recursive: true })
  await writeFile(unfinished, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 })
  // The mode above counts only where the file is made.
  await chmod(unfinished, 0o600)
  await rename(unfinished, file)
}
