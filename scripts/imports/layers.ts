const platform = ['contracts', 'bus', 'store', 'blobs', 'service']

/** Which workspaces one of ours may import, by the last part of their folders. */
const below: Readonly<Record<string, readonly string[]>> = {
  'packages/contracts': [],
  'packages/bus': ['contracts'],
  'packages/store': ['contracts'],
  'packages/blobs': ['contracts'],
  'packages/service': ['contracts', 'bus', 'store', 'blobs'],
  'packages/participant': ['contracts', 'bus'],
  'packages/servers': ['contracts'],
  'packages/testing': [...platform, 'servers'],
  local: ['bus', 'contracts', 'participant', 'servers'],
  scripts: [],
}

/** APIs of the gateway: a folder each, of which none knows another. */
export const gatewayApis = [
  'release-coordinator',
  'release-schedules',
  'release-packages',
  'platform-tasks',
  'source-exports',
  'unified',
] as const

/** Folders of the gateway on which its APIs stand: the HTTP server, and what APIs are made of. The first knows none of the second. */
export const gatewayGround = ['http', 'api'] as const

/** Rooms of `packages/store`, and which others each may know. The files beside them are for all. */
export const storeRooms: Readonly<Record<string, readonly string[]>> = {
  sql: [],
  connection: ['sql'],
  outbox: ['sql', 'connection'],
  inbox: ['sql', 'connection'],
  leases: ['sql', 'connection'],
  timers: ['sql', 'connection', 'leases'],
  schema: ['sql', 'connection'],
  testing: ['sql', 'connection', 'schema'],
}

/** Whether files of one workspace may import another, both as folders. Tests may use `packages/testing`, too. */
export function mayImport(from: string, to: string, isTest: boolean): boolean {
  if (isTest && to === 'packages/testing') return from !== 'packages/servers' && from !== 'scripts'
  if (from === 'tests') return to.startsWith('packages/') || to === 'local'
  if (!to.startsWith('packages/')) return false
  const allowed = from.startsWith('services/') ? [...platform, 'participant'] : below[from]
  return allowed?.includes(to.slice('packages/'.length)) ?? false
}
