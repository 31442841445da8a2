import { z } from 'zod'

const seconds = z.coerce.number().positive().max(86_400)
const port = z.coerce.number().int().min(0).max(65_535)

/** Environment variables that every service reads. */
export const baseConfig = z.object({
  DATABASE_URL: z
    .string()
    .regex(/^postgres(?:ql)?:\/\//, 'must be a postgres:// URL')
    .meta({ description: "The service's own database" }),
  NATS_URL: z.string().min(1).meta({ description: 'One or more NATS URLs, separated by commas' }),
  SLIPWAY_SERVICE_HOST: z
    .string()
    .default('0.0.0.0')
    .meta({ description: 'Address of /healthz, /readyz and /metrics' }),
  SLIPWAY_SERVICE_PORT: port.default(0).meta({ description: 'Port of /healthz, /readyz and /metrics; 0 picks one' }),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(200).default(10),
  DATABASE_STATEMENT_TIMEOUT: seconds
    .default(30)
    .meta({ description: 'Seconds after which a statement is given up; migrations have no such bound' }),
  DATABASE_IDLE_TRANSACTION_TIMEOUT: seconds.default(10).meta({
    description: 'Seconds after which PostgreSQL ends a transaction whose process has stopped in the middle of it',
  }),
  DATABASE_TRANSACTION_TIMEOUT: seconds.default(120).meta({
    description:
      'Seconds that a transaction may take as a whole, from PostgreSQL 17 on; lists that stream have no bound',
  }),
  OPERATION_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(256)
    .meta({ description: 'Calls handled at the same time; four times as many may wait' }),
  EVENT_RETENTION_DAYS: z.coerce.number().int().min(1).max(29).default(14).meta({
    description: 'Days that sent events stay in the database, to be sent again; consumers remember them for 30',
  }),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
})

export type BaseConfig = z.infer<typeof baseConfig>

/** Says what is wrong with the environment, one line a variable. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

/**
 * Reads a configuration from the environment. An empty variable counts as absent.
 * @throws ConfigError with one line for each missing or wrong variable, naming it
 */
export function loadConfig<Schema extends z.ZodType>(schema: Schema, env: NodeJS.ProcessEnv): z.output<Schema> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const result = schema.safeParse(given)
  if (result.success) return result.data
  const lines = new Map<string, string>()
  for (const issue of result.error.issues) {
    const name = String(issue.path[0] ?? 'environment')
    const problem = given[name] === undefined ? 'is not set' : `is wrong: ${issue.message}`
    if (!lines.has(name)) lines.set(name, `${name} ${problem}`)
  }
  throw new ConfigError([...lines.values()].join('\n'))
}
