import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { operations } from '../catalogue.ts'
import { audienceList, audienceListFile } from './audience-list.ts'

it('is current: `npm run docs -w packages/contracts` writes it', async () => {
  expect(await readFile(audienceListFile, 'utf8')).toBe(audienceList())
})

it('has a row for every read, and of what changes something for what services only may change', () => {
  const page = audienceList()
  for (const { subject, effect, audience } of operations) {
    const name = subject.replace('slipway.v1.', '').replace(/^\w+\.(?=dead-letter|outbox|consumer)/, '<service>.')
    const isDeclared = effect === 'read' || audience?.of === 'service'
    expect(page.includes(`| \`${name}\` |`), subject).toBe(isDeclared)
  }
})
