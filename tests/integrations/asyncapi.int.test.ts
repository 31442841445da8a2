import { Parser } from '@asyncapi/parser'
import { asyncApiDocument, events, operations } from '@slipway/contracts'
import { describe, expect, it } from 'vitest'

/** 0 and 1 are errors and warnings. */
const warning = 1

describe('the description of the bus', () => {
  it('is read by the parser of AsyncAPI without an error or a warning', async () => {
    const text = JSON.stringify(asyncApiDocument({ version: '1.0.0' }))
    const { document, diagnostics } = await new Parser().parse(text)
    const faults = diagnostics.filter(({ severity }) => severity <= warning)
    expect(
      [...new Set(faults.map(({ code, message, path }) => `${code}: ${message} ${path.slice(0, 3).join('/')}`))].slice(
        0,
        10,
      ),
    ).toEqual([])
    expect(document?.operations().filterBySend().length).toBeGreaterThanOrEqual(events.length)
    expect(document?.operations().filterByReceive()).toHaveLength(operations.length)
    const staged = document?.operations().get('event.release.staged')
    expect(staged?.channels().all()[0]?.address()).toBe('slipway.v1.event.release.staged.{id}')
    expect(staged?.messages().all()[0]?.payload()?.properties()?.data?.properties()?.state?.enum()).toContain('staged')
    const create = document?.operations().get('coordinator.release.create')
    expect(
      create
        ?.reply()
        ?.channel()
        ?.messages()
        .all()
        .map(message => message.id()),
    ).toEqual(['answer', 'error'])
    expect(create?.security()).toHaveLength(1)
  })
})
