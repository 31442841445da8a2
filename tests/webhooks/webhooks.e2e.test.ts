import { Validator } from '@seriousme/openapi-schema-validator'
import { eventually } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Created, verified, webhookActions } from './support/webhook-actions.ts'
import { startWebhookPlatform, tokens, type WebhookPlatform } from './support/webhook-platform.ts'

let on: WebhookPlatform
beforeAll(async () => {
  on = await startWebhookPlatform()
})
afterAll(() => on?.[Symbol.asyncDispose]())

const { change, create, deliveries, makeDue, received, running } = webhookActions(() => on)

describe('webhooks', () => {
  it('are made, listed page by page, changed and deleted by their owner', async () => {
    const given = {
      url: 'https://example.org/hook?a=b',
      description: 'a',
      types: ['release.*', 'task'],
      enabled: false,
    }
    const made = await on.api('POST', '/webhooks', given)
    expect(made).toMatchObject({
      status: 201,
      body: {
        ...given,
        releases: [],
        studies: [],
        owner: 'dev',
        disabledReason: 'request',
        secrets: [{ expiresAt: null }],
      },
    })
    expect(made.body.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    const { secret: _secret, ...shown } = made.body
    const path = `/webhooks/${shown.id}`
    expect(await on.api('GET', path)).toEqual({ status: 200, body: shown })
    const second = await create('/crud', { enabled: false })
    const page = await on.api('GET', '/webhooks?limit=1')
    expect(page.body).toMatchObject({ results: [{ id: second.id }], next: second.id })
    expect((await on.api('GET', `/webhooks?limit=1&after=${page.body.next}`)).body.results).toEqual([shown])

    const changed = await on.api('PATCH', path, { description: 'b', studies: ['SD_1'] })
    expect(changed.body).toMatchObject({ ...shown, description: 'b', studies: ['SD_1'], updatedAt: expect.any(String) })
    expect((await on.api('PATCH', path, { enabled: true })).body).toMatchObject({ enabled: true, disabledReason: null })
    expect(await on.api('DELETE', path)).toEqual({ status: 204, body: undefined })
    expect((await on.api('GET', path)).status).toBe(404)
    await on.api('DELETE', `/webhooks/${second.id}`)
  })

  it('are for developers and administrators, and nobody sees those of others but administrators', async () => {
    const { id } = await create('/rights', { enabled: false })
    expect(await on.api('GET', '/webhooks', undefined, 'wrong')).toMatchObject({
      status: 401,
      body: { error: { code: 'unauthenticated' } },
    })
    expect((await on.api('POST', '/webhooks', { url: 'https://example.org' }, tokens.user)).body.error.code).toBe(
      'forbidden',
    )
    for (const [method, path] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/rotate-secret'],
      ['POST', '/test'],
      ['GET', '/deliveries'],
      ['POST', '/deliveries/0199a8b0-0000-7000-8000-000000000000/resend'],
    ] as const) {
      const body = method === 'GET' ? undefined : {}
      expect([path, (await on.api(method, `/webhooks/${id}${path}`, body, tokens.other)).status]).toEqual([path, 404])
    }
    expect((await on.api('GET', '/webhooks', undefined, tokens.other)).body.results).toEqual([])
    const ofDev = await on.api('GET', '/webhooks?owner=DEV', undefined, tokens.admin)
    expect(ofDev.body.results.map((webhook: Created) => webhook.id)).toContain(id)
    expect((await on.api('PATCH', `/webhooks/${id}`, { description: 'x' }, tokens.admin)).status).toBe(200)
    await on.api('DELETE', `/webhooks/${id}`)
  })

  it.each([
    ['no url', {}, 'url'],
    ['another scheme', { url: 'ftp://example.org' }, 'url'],
    ['credentials in the url', { url: 'https://a:b@example.org' }, 'url'],
    ['a metadata address', { url: 'http://169.254.169.254/latest' }, 'url'],
    ['an unknown field', { url: 'https://example.org', event: 'x' }, ''],
    ['an unknown type', { url: 'https://example.org', types: ['release.published', 'release.stagd'] }, 'types.1'],
    ['a short secret', { url: 'https://example.org', secret: `whsec_${btoa('too short')}` }, 'secret'],
    ['a secret of another kind', { url: 'https://example.org', secret: 'x'.repeat(40) }, 'secret'],
  ])('are refused for %s', async (_what, body, field) => {
    const answer = await on.api('POST', '/webhooks', body)
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'invalid' } } })
    expect(answer.body.error.details.map(({ path }: { path: string[] }) => path.join('.'))).toEqual([field])
  })

  it('tell which events there are', async () => {
    const { body } = await on.api('GET', '/webhooks/event-types')
    expect(body.results).toContainEqual({ type: 'release.staged', summary: expect.any(String) })
  })
})

describe('the description of webhooks', () => {
  it('is valid OpenAPI, and has every event that is posted', async () => {
    const { body } = await on.api('GET', '/openapi/webhooks.json')
    expect(await new Validator().validate(structuredClone(body))).toMatchObject({ valid: true })
    const { results } = (await on.api('GET', '/webhooks/event-types')).body
    expect(Object.keys(body.webhooks)).toEqual(results.map(({ type }: { type: string }) => type))
    expect(await (await fetch(`${on.platform.url}/docs/start.js`)).text()).toContain('/openapi/webhooks.json')
  })
})
describe('a webhook', () => {
  it('is disabled by 410 at once; what was to be sent is given up, and can be sent when it is enabled', async () => {
    on.receiver.answer('/gone', number => (number === 1 ? { status: 410 } : { status: 204 }))
    const { id } = await create('/gone', { releases: ['RE_1'] })
    const watching = await create('/watching', { types: ['webhook.disabled'] })
    await running('RE_1')
    await eventually(async () =>
      expect((await on.api('GET', `/webhooks/${id}`)).body).toMatchObject({ enabled: false, disabledReason: 'gone' }),
    )
    expect(await deliveries(id)).toMatchObject([{ state: 'failed', lastStatus: 410, attempts: 1 }])
    // An event tells of it, to whom it may concern.
    expect(verified(watching.secret, await received('/watching'))).toMatchObject({
      type: 'webhook.disabled',
      data: { webhook_id: id, owner: 'dev', enabled: false, disabled_reason: 'gone' },
      actor: 'system',
    })
    const path = `/webhooks/${id}`
    const [{ id: delivery }] = await deliveries(id)
    expect((await on.api('POST', `${path}/deliveries/${delivery}/resend`)).body.error.code).toBe('refused')
    expect((await on.api('POST', `${path}/test`)).body.error.code).toBe('refused')
    expect((await on.api('PATCH', path, { enabled: true })).body).toMatchObject({ enabled: true, disabledReason: null })
    expect((await on.api('POST', `${path}/deliveries/${delivery}/resend`)).status).toBe(202)
    await eventually(async () => expect((await deliveries(id))[0].state).toBe('delivered'))
  })

  it('is disabled after five days without a success', async () => {
    on.receiver.answer('/dead', () => ({ status: 500 }))
    const { id } = await create('/dead', { releases: ['RE_D'] })
    await running('RE_D')
    await eventually(async () => expect((await on.api('GET', `/webhooks/${id}`)).body.failingSince).not.toBeNull())
    const days = `update webhook set failing_since = now() - interval '121 hours', last_failed_at = now() - $2::interval where id = $1`
    // It failed once, five days ago, and nothing was sent since: that is no failing for days.
    await change('silent', days, [id, '120 hours'])
    // Its first retry may come by itself.
    const { attempts } = (await deliveries(id))[0]
    await makeDue(id)
    await eventually(async () => expect((await deliveries(id))[0].attempts).toBeGreaterThan(attempts))
    expect((await on.api('GET', `/webhooks/${id}`)).body.enabled).toBe(true)
    await change('failing', days, [id, '20 hours'])
    await makeDue(id)
    await eventually(async () =>
      expect((await on.api('GET', `/webhooks/${id}`)).body).toMatchObject({
        enabled: false,
        disabledReason: 'failing',
      }),
    )
  })

  it('goes with its account, and gets nothing while that is inactive or has lost its roles', async () => {
    const account = { login: 'leaving', roles: ['DEV'], password: 'leaving password' }
    expect((await on.api('POST', '/api/v1/accounts', account, tokens.admin)).status).toBe(201)
    const basic = `Basic ${btoa('leaving:leaving password')}`
    const made = await fetch(`${on.platform.url}/webhooks`, {
      method: 'POST',
      headers: { authorization: basic, 'content-type': 'application/json' },
      body: JSON.stringify({ url: on.receiver.url('/leaving'), releases: ['RE_L'] }),
    })
    expect(made.status).toBe(201)
    const { id } = (await made.json()) as Created
    const witness = await create('/witness', { releases: ['RE_L'] })
    for (const change of [{ active: false }, { active: true, roles: [] }]) {
      await on.api('PATCH', '/api/v1/accounts/leaving', change, tokens.admin)
      const event = await running('RE_L')
      await eventually(async () => expect(await deliveries(witness.id, `?message=${event.id}`)).toHaveLength(1))
    }
    await on.api('PATCH', '/api/v1/accounts/leaving', { roles: ['DEV'] }, tokens.admin)
    const seen = await running('RE_L')
    await eventually(() => expect(on.receiver.received('/leaving').map(message => message.id)).toEqual([seen.id]))
    expect((await on.api('DELETE', '/api/v1/accounts/leaving', undefined, tokens.admin)).status).toBe(204)
    expect((await on.api('GET', `/webhooks/${id}`, undefined, tokens.admin)).status).toBe(404)
  })
})
