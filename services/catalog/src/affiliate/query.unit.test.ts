import { expect, it } from 'vitest'
import { readAffiliateList } from './affiliate-list.ts'

const nothing = { members: [], standings: [], other_standings: [], words: [] }

it('reads a list without parameters', () => {
  expect(readAffiliateList({})).toEqual({ values: nothing, order: '', page: 0, pageSize: 50 })
})

it('reads every form of filter, any number of times', () => {
  const $filter = ["homeMember eq 'SE'", "not standingState eq 'REJECTED'", "not standingState eq 'DEREGISTERED'", ' ']
  const query = { $filter, $orderby: ['name desc'], $page: ['2'], $pageSize: ['10'], q: [' Ann  Uppsala '] }
  expect(readAffiliateList(query)).toEqual({
    values: {
      members: ['SE'],
      standings: [],
      other_standings: ['REJECTED', 'DEREGISTERED'],
      words: ['Ann', 'Uppsala'],
    },
    order: 'name desc',
    page: 2,
    pageSize: 10,
  })
})

it.each([
  [{ $filter: ["homeMember eq 'SE' "] }, /^Unknown filter/],
  [{ $filter: ["homemember eq 'SE'"] }, /^Unknown filter/],
  [{ $filter: ["homeMember eq 'SE' or 1 eq 1"] }, /^Unknown filter/],
  [{ $filter: ["standingState eq 'GOOD'"] }, /^Unknown standing state: 'GOOD'$/],
  [{ $orderby: ['affiliateId asc'] }, /^Unknown order: affiliateId asc$/],
  [{ $orderby: ['toString'] }, /^Unknown order: toString$/],
  [{ $page: ['-1'] }, /^\$page is no such number: '-1'$/],
  [{ $pageSize: ['0'] }, /^\$pageSize is no such number: '0'$/],
  [{ $pageSize: ['ten'] }, /^\$pageSize is no such number: 'ten'$/],
])('refuses %j', (query, message) => {
  expect(() => readAffiliateList(query as Record<string, string[]>)).toThrow(message)
})
