import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resources } from '../src/release-coordinator/resources.ts'
import { methodsOf, resources as scheduleResources } from '../src/release-schedules/resource.ts'
import { ownedEntries } from '../src/source-exports/table.ts'
import { request } from './http-client.ts'
import { adminToken, type Platform, startPlatform } from './platform.ts'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform()
})
afterAll(() => platform?.[Symbol.asyncDispose]())

type Document = {
  openapi: string
  paths: Record<string, Record<string, { parameters?: { name: string }[]; requestBody?: unknown; responses: object }>>
}
const documentAt = async (path: string) => (await request(platform.port, path)).json as Document

describe('the API description', () => {
  test('stands at every place that clients know', async () => {
    const first = await request(platform.port, '/openapi.json')
    expect(first).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } })
    expect((first.json as Document).openapi).toBe('3.1.1')
    expect((await request(platform.port, '/swagger.json')).text).toBe(first.text)
    expect(await request(platform.port, '/swagger.yaml')).toMatchObject({
      status: 200,
      text: first.text,
      headers: { 'content-type': 'application/yaml' },
    })
    expect(await documentAt('/openapi/release-coordinator.json')).toEqual(first.json)
  })

  test('names every route that is served, and no other', async () => {
    const { paths } = await documentAt('/openapi.json')
    const described = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map(method => `${method} ${path}`),
    )
    const served = resources.flatMap(({ path, methods }) =>
      Object.keys(methods).map(method => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`),
    )
    expect(described.sort()).toEqual(['get /', ...served].sort())
  })

  test('tells parameters, bodies and errors as they are', async () => {
    const { paths } = await documentAt('/openapi.json')
    const names = paths['/tasks']?.get?.parameters?.map(({ name }) => name)
    expect(names?.sort()).toEqual(['limit', 'offset', 'release', 'state', 'task_service'])
    expect(paths['/releases']?.post).toMatchObject({
      requestBody: { content: { 'multipart/form-data': {} } },
      responses: { 201: {}, 400: {}, 403: {}, 422: {}, 503: {} },
    })
    expect(paths['/releases']?.post?.responses).not.toHaveProperty('401')
    expect(paths['/release-notes/{kf_id}']?.delete?.responses).toHaveProperty('204')
    expect(paths['/releases/{kf_id}']?.delete?.responses).toHaveProperty('200')
  })

  test('names every method of every resource of schedules', async () => {
    const { paths } = await documentAt('/openapi/release-schedules.json')
    for (const resource of scheduleResources) {
      const { segment } = resource.resource
      const list = methodsOf(resource, 'list').filter(method => method !== 'HEAD' && method !== 'OPTIONS')
      const described = Object.keys(paths[`/rest_api/v1/${segment}/`] ?? {}).map(method => method.toUpperCase())
      expect(described.sort(), segment).toEqual(list.sort())
    }
    const list = paths['/rest_api/v1/release-schedules/']?.get?.parameters?.map(({ name }) => name)
    expect(list).toEqual(expect.arrayContaining(['sla', 'date_after', 'ordering', 'page_size', 'exclude_fields']))
  })

  test('names every method of every path of source exports, for each way to name an owner', async () => {
    const { paths } = await documentAt('/openapi/source-exports.json')
    for (const prefix of ['/orgs/{org}', '/users/{user}', '/user']) {
      for (const { path, methods } of ownedEntries) {
        const item = paths[`${prefix}${path}/`.replaceAll(/:(\w+)/g, '{$1}')]
        expect(Object.keys(item ?? {}).sort(), prefix + path).toEqual(
          Object.keys(methods)
            .map(method => method.toLowerCase())
            .sort(),
        )
      }
    }
    const source = paths['/orgs/{org}/sources/{source}/']?.get?.parameters?.map(({ name }) => name)
    expect(source).toEqual(expect.arrayContaining(['org', 'source', 'updatedSince', 'includeConcepts', 'Compress']))
    expect(paths['/user/sources/{source}/{version}/export/']?.get?.responses).toMatchObject({
      200: {},
      204: {},
      208: {},
    })
    expect(paths).toHaveProperty(['/users/login/'])
  })

  test("describes the platform's own paths, too", async () => {
    const { paths } = await documentAt('/openapi/platform.json')
    for (const path of ['/api/v1/accounts', '/api/v1/users/me/tokens', '/events/stream', '/healthz']) {
      expect(paths).toHaveProperty([path])
    }
  })
})

describe('the description of the bus', () => {
  test('is served, and linked from the page', async () => {
    const { status, json } = await request(platform.port, '/docs/asyncapi.json')
    expect(status).toBe(200)
    expect(json).toMatchObject({
      asyncapi: '3.0.0',
      operations: { 'coordinator.release.create': {}, 'event.release.published': {}, 'task-service.tasks': {} },
    })
    expect((await request(platform.port, '/docs')).text).toContain('href="/docs/asyncapi.json"')
  })
})

describe('the page', () => {
  test.each(['/docs', '/swagger/', '/redoc/'])('%s loads what is there, from here, and nothing inline', async path => {
    const { status, text, headers } = await request(platform.port, path)
    expect(status).toBe(200)
    expect(headers['content-security-policy']).toMatch(/default-src 'none';script-src 'self';/)
    const loaded = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(match => match[1] as string)
    expect(loaded).toHaveLength(6)
    for (const url of loaded) {
      expect(url).toMatch(/^\/docs\//)
      expect((await request(platform.port, url)).status).toBe(200)
    }
    expect(text).not.toMatch(/<script>|onload=|https?:/)
  })

  test('its start lists the documents that are there', async () => {
    const { text } = await request(platform.port, '/docs/start.js')
    for (const [, url] of text.matchAll(/"url":"([^"]+)"/g))
      expect((await documentAt(url as string)).paths).toBeDefined()
    expect(text).toContain('/openapi/release-coordinator.json')
  })

  test('there is nothing else in its folder', async () => {
    for (const path of ['/docs/assets/../package.json', '/docs/assets/nothing.js', '/docs/assets/']) {
      expect([403, 404]).toContain((await request(platform.port, path)).status)
    }
  })
})

describe('health', () => {
  test('is told on the port of the APIs; metrics are not, unless configured', async () => {
    expect((await request(platform.port, '/healthz')).json).toEqual({ status: 'ok' })
    expect((await request(platform.port, '/readyz')).json).toEqual({ status: 'ready' })
    expect((await request(platform.port, '/metrics')).status).toBe(404)
    const open = await platform.startReplica({ SLIPWAY_METRICS_PUBLIC: 'true' })
    const headers = { authorization: `Bearer ${adminToken}` }
    await request(open.port, '/tasks/TA_1', { headers })
    const { text } = await request(open.port, '/metrics')
    const labels = 'service="gateway",method="GET",route="/tasks/:kf_id",status="200"'
    expect(text).toContain(`slipway_http_request_duration_seconds_count{${labels}} 1\n`)
    await open.stop()
  })
})
