import { expect, it } from 'vitest'
import { urlSegment } from '../records/url-segment.ts'
import { productVersionId, releaseId } from './release-id.ts'

it.each([
  [['fedora', '42', 'ga'], 'fedora-42'],
  [['rhel', '7.1', 'updates'], 'rhel-7.1-updates'],
  [['layered', '1.0', 'ga', 'rhel-7'], 'layered-1.0@rhel-7'],
  [['layered', '1.0', 'eus', 'rhel-7-eus'], 'layered-1.0-eus@rhel-7-eus'],
] as const)('%j has the id %s', ([short, version, type, base], id) => {
  expect(releaseId(short, version, type, base)).toBe(id)
})

it('refuses ids that are too long, counted in characters', () => {
  expect(productVersionId('a', 'é'.repeat(198))).toHaveLength(200)
  expect(() => productVersionId('a', 'é'.repeat(199))).toThrow('at most 200 characters (it has 201)')
})

it('leaves alone in URLs what Django does', () => {
  expect(urlSegment("a-1@b:~!$&'()*+,;=")).toBe("a-1@b:~!$&'()*+,;=")
  expect(urlSegment('a b/c?é%')).toBe('a%20b%2Fc%3F%C3%A9%25')
})
