import { describe, expect, it } from 'vitest'
import { changedType, initialType, publish, type Sent } from './publication.ts'

describe('a new version', () => {
  it.each([
    [{}, 'offline'],
    [{ online: true }, 'online'],
    [{ online: false }, 'offline'],
    [{ releaseType: 'alpha/beta', online: true }, 'alpha/beta'],
    [{ releaseType: '  ', online: true }, 'online'],
    [{ releaseType: null }, 'offline'],
    [{ releaseType: 'Nightly' }, 'Nightly'],
  ])('%o is %s', (sent, expected) => {
    expect(initialType(sent)).toBe(expected)
  })
})

describe('a change', () => {
  it.each([
    ['online', { releaseType: 'offline', online: true }, 'offline'],
    ['offline', { releaseType: 'offline', online: true }, 'online'],
    ['online', { releaseType: 'online', online: false }, 'offline'],
    ['online', { releaseType: 'ONLINE', online: false }, 'offline'],
    ['offline', { releaseType: 'online', online: false }, 'online'],
    ['alpha/beta', { online: false }, 'alpha/beta'],
    ['alpha/beta', { online: true }, 'online'],
    ['alpha/beta', { releaseType: 'alpha/beta', online: false }, 'alpha/beta'],
    ['online', { releaseType: 'alpha/beta', online: true }, 'alpha/beta'],
    ['online', {}, 'online'],
    ['Nightly', { releaseType: null, online: null }, 'Nightly'],
    ['Nightly', { releaseType: '', online: true }, 'online'],
  ])('%s with %o is %s', (stored, sent, expected) => {
    expect(changedType(sent, stored)).toBe(expected)
  })
})

describe('the date of publication', () => {
  const today = '2026-11-21'
  const dated = { releaseType: 'online', publishedAt: '2020-01-31' }
  const undated = { releaseType: 'offline', publishedAt: null }
  it.each<[Sent, typeof dated | typeof undated | undefined, string | null]>([
    [{ online: true }, undefined, today],
    [{ publishedAt: '2021-02-28', online: true }, undefined, '2021-02-28'],
    [{ publishedAt: '2021-02-28' }, undefined, '2021-02-28'],
    [{}, undefined, null],
    [{ releaseType: 'online' }, undated, today],
    [{ releaseType: 'alpha/beta' }, undated, null],
    [{}, dated, '2020-01-31'],
    [{ publishedAt: null }, dated, today],
    [{ publishedAt: null, online: false }, dated, null],
    [{ online: false }, dated, '2020-01-31'],
  ])('%o of %o is %s', (sent, stored, expected) => {
    expect(publish(sent, stored, today).publishedAt).toBe(expected)
  })
})
