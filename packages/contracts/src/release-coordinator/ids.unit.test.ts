import { describe, expect, it } from 'vitest'
import { idOfLink, idPattern, idPrefixes, newId } from './ids.ts'

const ids = Array.from({ length: 2000 }, () => newId(idPrefixes.release))

describe('newId', () => {
  it('is a prefix and eight characters of Crockford base32, eleven in all', () => {
    for (const id of ids) {
      expect(id).toMatch(/^RE_[0-9A-HJKMNP-TV-Z]{8}$/)
      expect(id).toMatch(idPattern)
      expect(id).toHaveLength(11)
    }
  })

  it('uses the whole alphabet at every place', () => {
    for (let place = 3; place < 11; place++) expect(new Set(ids.map(id => id[place])).size).toBe(32)
  })

  it('does not repeat itself', () => {
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('has a prefix for each kind', () => {
    expect(Object.values(idPrefixes)).toEqual(['TA', 'TS', 'RE', 'RN', 'EV', 'SD'])
  })
})

describe('idPattern', () => {
  it.each([
    'RE_0000000',
    'RE_000000000',
    'RE_0000000I',
    'RE_0000000L',
    'RE_0000000O',
    'RE_0000000U',
    're_00000000',
    'R_00000000',
    'RE-00000000',
    ' RE_00000000',
  ])('does not know %j', text => expect(text).not.toMatch(idPattern))
})

describe('idOfLink', () => {
  it('reads the id out of a link of its list, and leaves everything else alone', () => {
    expect(idOfLink('studies', 'http://any-host/studies/SD_00000000')).toBe('SD_00000000')
    expect(idOfLink('studies', '/studies/SD_00000000?x=1')).toBe('SD_00000000')
    expect(idOfLink('studies', 'SD_00000000')).toBe('SD_00000000')
    expect(idOfLink('studies', '/releases/RE_00000000')).toBe('/releases/RE_00000000')
  })
})
