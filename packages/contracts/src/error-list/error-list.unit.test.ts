import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { errorCatalogue } from '../error.ts'
import { errorList, errorListFile } from './error-list.ts'

describe('the list of errors', () => {
  it('is current: `npm run docs -w packages/contracts` writes it', async () => {
    expect(await readFile(errorListFile, 'utf8')).toBe(errorList())
  })

  it('has a row for every code', () => {
    for (const [code, { status }] of Object.entries(errorCatalogue)) {
      expect(errorList()).toContain(`| \`${code}\` | ${status} |`)
    }
  })

  it('says what an operation answers beyond the errors of every operation', () => {
    expect(errorList()).toContain('| `coordinator.release.create` | `unauthenticated`, `forbidden`, `key_reused` |')
    expect(errorList()).toContain('| `<service>.dead-letter.list` | `unauthenticated`, `forbidden` |')
    expect(errorList()).not.toContain('registry.dead-letter')
  })
})
