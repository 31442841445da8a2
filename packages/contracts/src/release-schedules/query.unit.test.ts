import { describe, expect, it } from 'vitest'
import { pdcPageLinks } from './page-links.ts'
import { readPdcQuery } from './query.ts'
import { scheduleResource } from './schedule.ts'

const read = (parameters: Record<string, string[]>) => readPdcQuery(scheduleResource, parameters)

describe('the query of a list', () => {
  it('has the usual values when nothing is given', () => {
    expect(read({})).toEqual({ filters: {}, ordering: undefined, shown: undefined, page: 1, pageSize: 20 })
  })

  it('orders over relations, by the last value', () => {
    expect(read({ ordering: ['id', ' -release__product_version , sla,date'] }).ordering).toEqual([
      { path: ['release', 'product_version', 'product_version_id'], descending: true },
      { path: ['sla', 'id'], descending: false },
      { path: ['date'], descending: false },
    ])
  })

  it.each(['release__sla', 'release__id__id', 'release____proto__', '__proto__', 'constructor', 'date__id'])(
    'does not order by %s',
    ordering => expect(() => read({ ordering: [ordering] })).toThrow(/^Unknown (ordering|query) key/),
  )

  it('does not follow relations for ever', () => {
    const ordering = `release${'__integrated_with'.repeat(1000)}`
    expect(() => read({ ordering: [ordering] })).toThrow('Unknown ordering key')
  })

  it.each([
    ['0', 0],
    ['-5', 0],
    [' +7 ', 7],
    ['101', 100],
    ['1e2', 20],
    ['', 20],
  ])('takes %j for a page size of %i', (text, size) => expect(read({ page_size: [text] }).pageSize).toBe(size))
})

describe('links between pages', () => {
  const url = 'https://example.org/rest_api/v1/release-schedules/'

  it('keep what was asked for, sorted', () => {
    expect(pdcPageLinks(url, { sla: ['b', 'a b'], page: ['2'], active: ['1'] }, 2, 3)).toEqual({
      next: `${url}?active=1&page=3&sla=b&sla=a+b`,
      previous: `${url}?active=1&sla=b&sla=a+b`,
    })
    expect(pdcPageLinks(url, {}, 2, 2)).toEqual({ next: null, previous: url })
  })
})
