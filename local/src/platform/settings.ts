import {
  failure,
  leastPasswordLength,
  leastTokenLength,
  type ServiceName,
  serviceNames,
  weakness,
} from '@slipway/contracts'
import { z } from 'zod'
import { type OwnTaskService, ownTaskServices } from './task-services.ts'

/** Processes a service, at least one each. */
export type Replicas = { readonly [Name in ServiceName]?: number }

export const usualPort = 8080

// A variable that is set to nothing counts as not set, as shells, compose files and CI systems write it.
const optional = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess(value => (value === '' ? undefined : value), schema.optional())

const port = z
  .string()
  .regex(/^\d{1,5}$/u, 'must be a port number from 0 to 65535; 0 picks a free one')
  .transform(Number)
  .refine(value => value <= 65_535, 'must be a port number from 0 to 65535; 0 picks a free one')

const host = z.string().regex(/^[\w.:%-]+$/u, 'must be a host name or an IP address, without a scheme or a port')

const strong = (schema: z.ZodString, leastLength: number) =>
  schema.superRefine((secret, context) => {
    const fault = weakness(secret, leastLength)
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
  })

const token = z.string().regex(/^[\x21-\x7e]+$/u, { error: 'must be printable ASCII without blanks', abort: true })

const databaseUrl = z
  .string()
  .refine(
    value => URL.canParse(value) && /^postgres(ql)?:\/\//u.test(value),
    'must be a URL like postgres://user@host/db',
  )

const natsUrl = z
  .string()
  .regex(
    /^((nats|tls|wss?):\/\/)?[^\s,/]+\/?(,((nats|tls|wss?):\/\/)?[^\s,/]+\/?)*$/u,
    'must be a URL like nats://host:4222, or several separated by commas',
  )

const httpUrl = z
  .string()
  .refine(value => URL.canParse(value) && /^https?:\/\//u.test(value), 'must be a URL like http://host:port')

const replicas = z.string().transform((text, context): Replicas => {
  const result: { [Name in ServiceName]?: number } = {}
  for (const part of text.split(',').map(entry => entry.trim())) {
    const [, name, count] = /^([a-z]+)=(\d{1,2})$/u.exec(part) ?? []
    const service = serviceNames.find(known => known === name)
    if (!service || Number(count) < 1) {
      const message = `"${part}" is not <service>=<processes>; the services are ${serviceNames.join(', ')}`
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    }
    result[service] = Number(count)
  }
  return result
})

const taskServices = z.string().transform((text, context): readonly OwnTaskService[] => {
  const names = text.split(',').map(name => name.trim())
  const unknown = names.find(name => !ownTaskServices.some(known => known === name))
  if (unknown === undefined) return names as OwnTaskService[]
  const message = `"${unknown}" is none of ${ownTaskServices.join(', ')}`
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

/** The launcher's environment. The names are public: scripts rely on them. */
const environmentSchema = z.object({
  SLIPWAY_PORT: optional(port),
  SLIPWAY_HOST: optional(host),
  SLIPWAY_DATA_DIR: optional(z.string()),
  DATABASE_URL: optional(databaseUrl),
  NATS_URL: optional(natsUrl),
  SLIPWAY_NATS_PORT: optional(port),
  SLIPWAY_ADMIN_TOKEN: optional(strong(token, leastTokenLength)),
  SLIPWAY_ADMIN_PASSWORD: optional(strong(z.string(), leastPasswordLength)),
  SLIPWAY_ACCOUNTS: optional(z.string()),
  DATASERVICE_URL: optional(httpUrl),
  SLIPWAY_REPLICAS: optional(replicas),
  SLIPWAY_TASK_SERVICES: optional(taskServices),
})

export type Settings = {
  /** Port of the gateway; 0 picks a free one; absent: 8080, or a free one when that is taken. */
  readonly port?: number | undefined
  /** Default 127.0.0.1. */
  readonly host?: string | undefined
  /** Default `.slipway`. */
  readonly dataDir?: string | undefined
  /** Servers to use instead of starting any. */
  readonly databaseUrl?: string | undefined
  readonly natsUrl?: string | undefined
  /** Port of the NATS that is started; 0 picks a free one; absent: the one of the last start, else a free one. */
  readonly natsPort?: number | undefined
  /** Credentials of the first administrator; made at random at the first start on a data folder. */
  readonly adminToken?: string | undefined
  readonly adminPassword?: string | undefined
  /** JSON file of accounts. */
  readonly accounts?: string | undefined
  /** Where studies are mirrored from. */
  readonly dataserviceUrl?: string | undefined
  readonly replicas?: Replicas | undefined
  /** Services of the platform to be registered as task services. Default: none. */
  readonly taskServices?: readonly OwnTaskService[] | undefined
}

/** Reads the launcher's environment. Fails with `invalid`: one line a wrong value, beginning with the variable's name. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const result = environmentSchema.safeParse(environment)
  if (!result.success) {
    const wrong = new Map(result.error.issues.map(issue => [String(issue.path[0]), issue.message]))
    throw failure('invalid', [...wrong].map(([name, message]) => `${name}: ${message}`).join('\n'))
  }
  const values = result.data
  return {
    port: values.SLIPWAY_PORT,
    host: values.SLIPWAY_HOST,
    dataDir: values.SLIPWAY_DATA_DIR,
    databaseUrl: values.DATABASE_URL,
    natsUrl: values.NATS_URL,
    natsPort: values.SLIPWAY_NATS_PORT,
    adminToken: values.SLIPWAY_ADMIN_TOKEN,
    adminPassword: values.SLIPWAY_ADMIN_PASSWORD,
    accounts: values.SLIPWAY_ACCOUNTS,
    dataserviceUrl: values.DATASERVICE_URL,
    replicas: values.SLIPWAY_REPLICAS,
    taskServices: values.SLIPWAY_TASK_SERVICES,
  }
}
