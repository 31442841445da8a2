import { describe, expect, it } from 'vitest'
import { candidateVersion, compareVersions, formatVersion, publishedVersion, type Version } from './version.ts'

const version = (text: string): Version => {
  const [major = 0, minor = 0, patch = 0] = text.split('.').map(Number)
  return { major, minor, patch }
}

describe('the version of a new release', () => {
  it('is 0.0.0 for the first one ever', () => {
    expect(formatVersion(candidateVersion(undefined))).toBe('0.0.0')
  })
  it.each([
    ['0.0.0', '0.0.1'],
    ['0.1.0', '0.1.1'],
    ['3.35.9', '3.35.10'],
  ])('after %s is %s', (greatest, expected) => {
    expect(formatVersion(candidateVersion(version(greatest)))).toBe(expected)
  })
})

describe('the version of a published release', () => {
  it.each([
    ['0.0.0', false, undefined, '0.1.0'],
    ['0.1.1', false, '0.1.0', '0.2.0'],
    ['0.1.1', true, '0.1.0', '1.0.0'],
    // Another release was published in between: two of them never share a version.
    ['0.0.1', false, '0.1.0', '0.2.0'],
    ['0.2.3', true, '1.4.0', '2.0.0'],
    ['0.2.3', false, '1.4.0', '1.5.0'],
  ])('of %s (major: %s) after %s is %s', (own, isMajor, published, expected) => {
    expect(formatVersion(publishedVersion(version(own), isMajor, published ? version(published) : undefined))).toBe(
      expected,
    )
  })
})

describe('the order of versions', () => {
  it('is by number, not by text', () => {
    const sorted = ['0.10.0', '1.0.0', '0.9.12', '0.9.2'].map(version).sort(compareVersions).map(formatVersion)
    expect(sorted).toEqual(['0.9.2', '0.9.12', '0.10.0', '1.0.0'])
  })
})
