import type { Client } from './http-client.ts'

let made = 0

/** A name that nothing else in this run has. */
export const unique = (prefix: string): string => `${prefix}${++made}`

/** Things to refer to, by short names of their own; each answers what it created. */
export function given(admin: Client) {
  const create = async (path: string, body: unknown) => {
    const answer = await admin.post(path, body)
    if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${answer.text}`)
    return answer.body
  }
  return {
    sla: (name = unique('sla-')) => create('component-sla-types/', { name }),
    release: (fields: object = {}) =>
      create('releases/', { short: unique('rel'), version: '1', name: 'Release', release_type: 'ga', ...fields }),
    product: (fields: object = {}) => create('products/', { name: 'Product', short: unique('prod'), ...fields }),
    productVersion: (fields: object) => create('product-versions/', { name: 'Version', version: '1', ...fields }),
    schedule: (fields: object) => create('release-schedules/', fields),
  }
}

/** A day relative to today, in UTC. */
export function day(offset: number): string {
  return new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10)
}
