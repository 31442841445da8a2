import { readFile } from 'node:fs/promises'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { operations } from './catalogue.ts'
import { errorBodySchema } from './error.ts'
import { header } from './headers.ts'
import { eventSchema } from './json-schema.ts'
import { releaseEvents } from './release-coordinator/release.ts'

const page = await readFile(new URL('../../../docs/bus.md', import.meta.url), 'utf8')
const examples = [...page.matchAll(/```json\n(.*?)```/gs)].map(match => JSON.parse(match[1] as string))

describe('the page about the bus', () => {
  it('names every header', () => {
    for (const name of Object.values(header)) expect(page).toContain(`\`${name}`)
  })

  it('has examples that are valid', () => {
    const [error, event] = examples
    expect(errorBodySchema.parse(error)).toEqual(error)
    const validate = formats.default(new Ajv2020()).compile(eventSchema(releaseEvents.staged))
    expect(validate(event), JSON.stringify(validate.errors)).toBe(true)
  })

  it('mentions no operation that does not exist', () => {
    const subjects = operations.map(operation => operation.subject)
    const mentioned = [...page.matchAll(/slipway\.v1\.(?!event)[a-z-]+\.[a-z-]+\.[a-z-]+/g)].map(([subject]) => subject)
    expect(mentioned.length).toBeGreaterThan(2)
    for (const subject of mentioned) expect(subjects).toContain(subject)
  })
})
