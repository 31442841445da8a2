export type Manifest = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> }
}

type Validator = {
  (value: unknown): boolean
  readonly errors?:
    | readonly { readonly instancePath: string; readonly message?: string; readonly params?: object }[]
    | null
}

/**
 * What the API of Kubernetes would refuse or drop in a manifest: values of a wrong type, missing fields, and fields that
 * do not exist. The validators are generated from the API's OpenAPI description and say nothing of fields they do not
 * know; but they read each field that they know, so whatever they never read is none.
 */
export async function manifestFaults(manifest: Manifest): Promise<string[]> {
  const { validate } = (await import(`kubernetes-models/_schemas/${schemaName(manifest)}`)) as { validate: Validator }
  const read = new Set<string>()
  if (!validate(watched(manifest, '', read))) {
    return (validate.errors ?? []).map(({ instancePath, message, params }) => {
      return `${instancePath} ${message ?? JSON.stringify(params)}`
    })
  }
  return paths(manifest, '')
    .filter(path => !read.has(path))
    .map(path => `unknown field ${path}`)
}

/** `apps/v1` and `Deployment` make `IoK8sApiAppsV1Deployment`; the group of `v1` is called core. */
function schemaName({ apiVersion, kind }: Manifest): string {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion]
  return `IoK8sApi${capital(group)}${capital(version)}${kind}`
}

function capital(word = ''): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

/** The same value, which notes the path of every field that is read. */
function watched<Value>(value: Value, path: string, read: Set<string>): Value {
  if (typeof value !== 'object' || value === null) return value
  return new Proxy(value, {
    get(target, key) {
      const field: unknown = Reflect.get(target, key)
      if (typeof key === 'symbol' || !Object.hasOwn(target, key)) return field
      read.add(`${path}/${key}`)
      return watched(field, `${path}/${key}`, read)
    },
  })
}

function paths(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, field]) => [`${path}/${key}`, ...paths(field, `${path}/${key}`)])
}
