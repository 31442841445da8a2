import { join } from 'node:path'
import type { ServiceName } from '@slipway/contracts'
import { root } from './deploy-files.ts'

type Environment = Readonly<Record<string, string>>

/** What a service reads from its environment. */
export type ServiceConfig = {
  readonly variables: readonly string[]
  /** `required`, or what counts when the variable is not set; `none` for nothing. */
  defaultOf(variable: string): string
  /** One line for each variable that is missing or wrong. */
  faults(environment: Environment): string[]
}

/** What Node and the C library read before the service does. */
export const runtimeVariables: readonly string[] = ['NODE_OPTIONS', 'MALLOC_ARENA_MAX']

type Parsed = {
  readonly success: boolean
  readonly data?: unknown
  readonly error?: { readonly issues: readonly { readonly path: readonly unknown[]; readonly message: string }[] }
}
type Schema = {
  readonly shape: Readonly<Record<string, Pick<Schema, 'safeParse'>>>
  safeParse(value: unknown): Parsed
}

/** Of the definition that the service is started from. By path: no package may import a service. */
export async function serviceConfig(service: ServiceName): Promise<ServiceConfig> {
  const app = (await import(join(root, 'services', service, 'src/app.ts'))) as Record<string, { config: Schema }>
  const schema = app[service]?.config
  if (!schema) throw new Error(`services/${service}/src/app.ts exports no definition ${service}`)
  return {
    variables: Object.keys(schema.shape),
    defaultOf(variable) {
      const { success, data } = schema.shape[variable]?.safeParse(undefined) ?? { success: false }
      return success ? String(data ?? 'none') : 'required'
    },
    faults: environment => {
      // As the services do: an empty variable counts as absent.
      const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
      return (schema.safeParse(given).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)
    },
  }
}
