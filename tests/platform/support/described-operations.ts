import { type JsonSchema, sample } from '@slipway/contracts'
import { httpExchange } from '@slipway/testing'

/** A method of a path, as the description of its API tells. */
export type DescribedOperation = {
  readonly api: string
  readonly method: string
  /** With parameters as `{name}`. */
  readonly path: string
  /** Names of query parameters. */
  readonly query: readonly string[]
  /** What a right body may look like; undefined: none is described. */
  readonly body: unknown
  readonly types: readonly string[]
}

type Described = {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: JsonSchema }>> }
}
type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
  readonly components: { readonly schemas?: Readonly<Record<string, JsonSchema>> }
}

const apis = [
  ...['release-coordinator', 'release-schedules', 'release-packages', 'source-exports', 'platform-tasks'],
  ...['webhooks', 'platform', 'unified'],
]
const methods = new Set(['get', 'post', 'put', 'patch', 'delete'])

/** Everything that the platform says it answers over HTTP. */
export async function describedOperations(url: string): Promise<DescribedOperation[]> {
  const documents = await Promise.all(
    apis.map(async api => {
      const { body } = await httpExchange<Document>(url, 'GET', `/openapi/${api}.json`)
      return operationsOf(api, body)
    }),
  )
  return documents.flat()
}

function operationsOf(api: string, { paths, components: { schemas = {} } }: Document): DescribedOperation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => methods.has(method))
      .map(([method, { parameters = [], requestBody }]) => {
        const content = requestBody?.content ?? {}
        const schema = Object.values(content)[0]?.schema
        return {
          api,
          method: method.toUpperCase(),
          path,
          query: parameters.filter(parameter => parameter.in === 'query').map(({ name }) => name),
          body: schema && sample(schema, schemas),
          types: Object.keys(content),
        }
      }),
  )
}
