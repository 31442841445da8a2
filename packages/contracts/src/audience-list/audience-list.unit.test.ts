import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { operations } from '../catalogue.ts'
import { audienceList, audienceListFile } from './audience-list.ts'

it('is current: `npm run docs -w packages/contracts` writes it', async () => {
  expect(await readFile(audienceListFile, 'utf8')).toBe(audienceList())
})

it('has a row for every read, and none for what changes something', () => {
  const page = audienceList()
  for (const { subject, effect } of operations) {
    const name = subject.replace('slipway.v1.', '').replace(/^\w+\.(?=dead-letter|outbox)/, '<service>.')
    expect(page.includes(`| \`${name}\` |`), subject).toBe(effect === 'read')
  }
})
