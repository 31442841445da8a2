import type { ServiceName } from '@slipway/contracts'
import type { Credentials } from './administrator.ts'
import { httpAddress } from './public-port.ts'

export type ServiceEnvironment = {
  readonly databaseUrl: string
  readonly natsUrl: string
  readonly dataserviceUrl: string | undefined
  readonly public: { readonly host: string; readonly port: number }
  readonly administrator: Credentials
  /** Absolute path: services run in folders of their own. */
  readonly accountsFile: string | undefined
  /** Absolute path of the folder for mails where no mail server is configured. */
  readonly outbox: string
}

/** The launcher's own variables, which mean nothing, something else, or too much to a service. */
const launcherOnly = [
  'SLIPWAY_PORT',
  'SLIPWAY_HOST',
  'SLIPWAY_DATA_DIR',
  'SLIPWAY_ADMIN_TOKEN',
  'SLIPWAY_ADMIN_PASSWORD',
  'SLIPWAY_ACCOUNTS',
  'SLIPWAY_NATS_PORT',
  'SLIPWAY_REPLICAS',
  'SLIPWAY_TASK_SERVICES',
  'DATASERVICE_URL',
]

/**
 * Bounds the memory of the exporter: it streams what it imports and exports, but left alone V8 (limits in MB) and the
 * arenas of glibc take hundreds of MB more before they give anything back. Deployments set the same.
 */
const exporterMemory = {
  NODE_OPTIONS: '--max-old-space-size=192 --max-semi-space-size=4',
  MALLOC_ARENA_MAX: '2',
}

/**
 * The environment of one service: what the launcher was started with, so that every setting of a service can be made
 * there, with what the launcher decides on top. Only the gateway learns the administrator's credentials.
 */
export function serviceEnvironment(
  service: ServiceName,
  given: NodeJS.ProcessEnv,
  settings: ServiceEnvironment,
  overrides: Readonly<Record<string, string>> = {},
): NodeJS.ProcessEnv {
  const inherited = Object.fromEntries(Object.entries(given).filter(([name]) => !launcherOnly.includes(name)))
  return {
    ...inherited,
    NODE_ENV: 'production',
    LOG_LEVEL: given.LOG_LEVEL || 'info',
    DATABASE_URL: settings.databaseUrl,
    NATS_URL: settings.natsUrl,
    // Health and metrics are for this machine, wherever the gateway listens.
    SLIPWAY_SERVICE_HOST: '127.0.0.1',
    SLIPWAY_SERVICE_PORT: '0',
    ...(service === 'gateway' && gatewayEnvironment(settings)),
    ...(service === 'exporter' && exporterEnvironment(given)),
    ...(service === 'catalog' && catalogEnvironment(settings, { ...given, ...overrides })),
    ...(service === 'coordinator' &&
      settings.dataserviceUrl !== undefined && { DATASERVICE_URL: settings.dataserviceUrl }),
    ...overrides,
  }
}

/** Whether mails are kept in the launcher's own folder, by what the catalog is told: nothing of a server or a folder. */
export const keepsMails = (told: NodeJS.ProcessEnv): boolean => !told.MAIL_URL && !told.MAIL_FOLDER

/** Mails that nobody sends are for this machine, and so is the address in their links. */
function catalogEnvironment({ outbox, public: address }: ServiceEnvironment, told: NodeJS.ProcessEnv) {
  if (!keepsMails(told)) return {}
  return {
    MAIL_FOLDER: outbox,
    ...(!told.SLIPWAY_PUBLIC_URL && { SLIPWAY_PUBLIC_URL: httpAddress(address.host, address.port) }),
  }
}

/** What the launcher was started with wins. */
function exporterEnvironment({ NODE_OPTIONS, MALLOC_ARENA_MAX }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    NODE_OPTIONS: [exporterMemory.NODE_OPTIONS, NODE_OPTIONS].filter(Boolean).join(' '),
    MALLOC_ARENA_MAX: MALLOC_ARENA_MAX ?? exporterMemory.MALLOC_ARENA_MAX,
  }
}

function gatewayEnvironment({ public: address, administrator, accountsFile }: ServiceEnvironment): NodeJS.ProcessEnv {
  return {
    SLIPWAY_HOST: address.host,
    SLIPWAY_PORT: String(address.port),
    ...(administrator.token !== undefined && { SLIPWAY_ADMIN_TOKEN: administrator.token }),
    ...(administrator.password !== undefined && { SLIPWAY_ADMIN_PASSWORD: administrator.password }),
    ...(accountsFile !== undefined && { SLIPWAY_ACCOUNTS: accountsFile }),
  }
}
