import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, test } from 'vitest'
import { api } from './support/api.ts'

const { anonymous } = api

type Document = {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>
}

/** Every route of the API: its path as a pattern, and its methods. */
const routes: readonly (readonly [path: RegExp, ...methods: string[]])[] = [
  [/^\/$/, 'get'],
  [/^\/tasks$/, 'get', 'post'],
  [/^\/tasks\/\{\w+\}$/, 'get', 'put', 'patch'],
  [/^\/tasks\/status_checks$/, 'post'],
  [/^\/task-services$/, 'get', 'post'],
  [/^\/task-services\/\{\w+\}$/, 'get', 'put', 'patch', 'delete'],
  [/^\/task-services\/health_checks$/, 'post'],
  [/^\/releases$/, 'get', 'post'],
  [/^\/releases\/\{\w+\}$/, 'get', 'put', 'patch', 'delete'],
  [/^\/releases\/\{\w+\}\/publish$/, 'post'],
  [/^\/releases\/status_checks$/, 'post'],
  [/^\/release-notes$/, 'get', 'post'],
  [/^\/release-notes\/\{\w+\}$/, 'get', 'put', 'patch', 'delete'],
  [/^\/events$/, 'get', 'post'],
  [/^\/events\/\{\w+\}$/, 'get', 'put', 'patch', 'delete'],
  [/^\/studies$/, 'get'],
  [/^\/studies\/\{\w+\}$/, 'get'],
  [/^\/studies\/\{\w+\}\/releases$/, 'get'],
  [/^\/studies\/\{\w+\}\/releases\/\{\w+\}$/, 'get'],
  [/^\/studies\/sync$/, 'post'],
]

const document = async (path = '/openapi/release-coordinator.json') => (await anonymous.get<Document>(path)).body

describe('the description for programs', () => {
  test('is a valid OpenAPI document whose references resolve', async () => {
    const validator = new Validator()
    expect(await validator.validate(structuredClone(await document()) as never)).toMatchObject({ valid: true })
    expect(() => validator.resolveRefs()).not.toThrow()
  })

  test.each(routes.map(([path, ...methods]) => ({ path, methods })))('lists $path', async ({ path, methods }) => {
    const { paths } = await document()
    const [found, ...more] = Object.keys(paths).filter(candidate => path.test(candidate))
    expect(more).toEqual([])
    expect(Object.keys(paths[found ?? ''] ?? {})).toEqual(expect.arrayContaining(methods))
  })

  test('describes parameters, bodies and answers', async () => {
    const { paths } = await document()
    const at = (path: RegExp, method: string) => {
      const found = Object.keys(paths).find(candidate => path.test(candidate)) ?? ''
      return paths[found]?.[method] as {
        parameters?: { name: string; in: string }[]
        requestBody?: { content: object }
        responses: object
      }
    }
    const query = (path: RegExp) =>
      at(path, 'get')
        .parameters?.filter(one => one.in === 'query')
        .map(({ name }) => name)
    expect(query(/^\/tasks$/)).toEqual(expect.arrayContaining(['limit', 'offset', 'release', 'task_service', 'state']))
    expect(query(/^\/events$/)).toEqual(expect.arrayContaining(['release', 'study', 'task', 'task_service']))
    const create = at(/^\/releases$/, 'post')
    expect(Object.keys(create.requestBody?.content ?? {})).toEqual(
      expect.arrayContaining(['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data']),
    )
    expect(Object.keys(create.responses)).toEqual(expect.arrayContaining(['201', '400', '403']))
    expect(Object.keys(at(/^\/release-notes\/\{\w+\}$/, 'delete').responses)).toEqual(
      expect.arrayContaining(['204', '403', '404']),
    )
  })

  test('stands at the paths that clients know', async () => {
    for (const path of ['/openapi.json', '/swagger.json']) {
      const { status, headers, body } = await anonymous.get<Document>(path)
      expect([status, headers['content-type']]).toEqual([200, 'application/json'])
      expect(Object.keys(body.paths)).toEqual(expect.arrayContaining(['/releases', '/tasks', '/studies/sync']))
      expect(body.openapi).toMatch(/^3\./)
    }
    expect((await anonymous.get('/swagger.yaml')).status).toBe(200)
  })
})

test.each(['/docs', '/swagger/', '/redoc/'])('%s is a page for people', async path => {
  const { status, headers, text } = await anonymous.send('GET', path, { headers: { accept: 'text/html' } })
  expect([status, headers['content-type']?.split(';')[0]]).toEqual([200, 'text/html'])
  const assets = [...text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(match => match[1] as string)
  expect(assets.length).toBeGreaterThan(0)
  for (const asset of assets) expect((await anonymous.get(asset)).status, asset).toBe(200)
})
