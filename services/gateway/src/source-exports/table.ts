import {
  conceptOperations,
  exportOperations,
  mappingOperations,
  maxRowBytes,
  type Operation,
  orgMemberOperations,
  orgOperations,
  sourceOperations,
  sourceVersionOperations,
} from '@slipway/contracts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** A path of the API: which operation each method is. Path parameters are its input, under their names. */
export type Entry = {
  readonly path: string
  /** HEAD is there wherever GET is. */
  readonly methods: Readonly<Partial<Record<Method, Operation>>>
  /** Bytes of a body at most; default: as for all APIs. */
  readonly bodyLimit?: number
}

/** In this API, PUT, PATCH and POST to a thing all change the fields that are sent. */
const changes = (operation: Operation) => ({ PUT: operation, PATCH: operation, POST: operation })

const children = (kind: 'concept' | 'mapping'): Entry[] => {
  const operations = kind === 'concept' ? conceptOperations : mappingOperations
  const { list, get, versions, create, update, retire, reactivate } = operations
  const live = `/sources/:source/${kind}s`
  const frozen = `/sources/:source/:version/${kind}s`
  return [
    { path: live, methods: { GET: list, POST: create }, bodyLimit: maxRowBytes },
    { path: `${live}/:id`, methods: { GET: get, PUT: update, PATCH: update, DELETE: retire }, bodyLimit: maxRowBytes },
    { path: `${live}/:id/reactivate`, methods: { PUT: reactivate } },
    { path: `${live}/:id/versions`, methods: { GET: versions } },
    { path: `${live}/:id/:childVersion`, methods: { GET: get } },
    ...(kind === 'concept' ? [{ path: `${live}/:id/mappings`, methods: { GET: mappingOperations.ofConcept } }] : []),
    { path: frozen, methods: { GET: list } },
    { path: `${frozen}/:id`, methods: { GET: get } },
    { path: `${frozen}/:id/versions`, methods: { GET: versions } },
    ...(kind === 'concept' ? [{ path: `${frozen}/:id/mappings`, methods: { GET: mappingOperations.ofConcept } }] : []),
    { path: `${frozen}/:id/:childVersion`, methods: { GET: get } },
  ]
}

const { list, get, create, update, delete: remove, processing, stopProcessing } = sourceVersionOperations

/** Below each owner: `/orgs/:org`, `/users/:user` and `/user`. */
export const ownedEntries: readonly Entry[] = [
  { path: '/sources', methods: { GET: sourceOperations.list, POST: sourceOperations.create } },
  {
    path: '/sources/:source',
    methods: { GET: sourceOperations.get, ...changes(sourceOperations.update), DELETE: sourceOperations.delete },
  },
  { path: '/sources/:source/versions', methods: { GET: list, POST: create } },
  { path: '/sources/:source/:version', methods: { GET: get, ...changes(update), DELETE: remove } },
  { path: '/sources/:source/:version/processing', methods: { GET: processing, POST: stopProcessing } },
  {
    path: '/sources/:source/:version/export',
    methods: { GET: exportOperations.get, POST: exportOperations.start, DELETE: exportOperations.delete },
  },
  ...children('concept'),
  ...children('mapping'),
]

/** Without an owner in front. */
export const rootEntries: readonly Entry[] = [
  { path: '/sources', methods: { GET: sourceOperations.list } },
  { path: '/orgs', methods: { GET: orgOperations.list, POST: orgOperations.create } },
  {
    path: '/orgs/:org',
    methods: {
      GET: orgOperations.get,
      POST: orgOperations.update,
      PUT: orgOperations.update,
      DELETE: orgOperations.delete,
    },
  },
]

/** Members are logins of accounts, so they are looked up before. */
export const memberOperations = {
  GET: orgMemberOperations.get,
  PUT: orgMemberOperations.add,
  DELETE: orgMemberOperations.remove,
} as const
