import type { Identity } from '@slipway/contracts'
import { expect, it } from 'vitest'
import { requireBindingRight, unboundExtras } from './study-binding.ts'

const study = { study_id: 'SD_7K3QX2M1' }
const person = (given: Partial<Identity> = {}): Identity => ({
  subject: 'ada',
  login: 'ada',
  kind: 'user',
  roles: [],
  groups: [],
  permissions: [],
  member: null,
  superuser: false,
  ...given,
})

it('lets those bind a source who may release the study', () => {
  for (const given of [{ groups: ['SD_7K3QX2M1'] }, { roles: ['ADMIN'] }, { roles: ['staff'] }, { superuser: true }]) {
    expect(() => requireBindingRight(person(given), study)).not.toThrow()
  }
  for (const given of [{}, { groups: ['SD_OTHER'] }, { roles: ['curator'] }]) {
    expect(() => requireBindingRight(person(given), study)).toThrow(/Only members of the study SD_7K3QX2M1/)
    expect(() => requireBindingRight(person(given), study, { study_id: 'SD_OTHER' })).toThrow(/Only members/)
  }
})

it('minds neither what stays, nor what is taken away, nor what is no study', () => {
  expect(() => requireBindingRight(person(), { ...study, more: 1 }, study)).not.toThrow()
  expect(() => requireBindingRight(person(), {}, study)).not.toThrow()
  for (const study_id of ['12', 12, null, ['SD_7K3QX2M1'], 'SD_', 'SD_7K3QX2M1 ']) {
    expect(() => requireBindingRight(person(), { study_id })).not.toThrow()
    expect(unboundExtras({ study_id })).toEqual({ study_id })
  }
})

it('takes the binding, and only that, out of copies', () => {
  expect(unboundExtras({ ...study, more: 1 })).toEqual({ more: 1 })
  expect(unboundExtras({})).toEqual({})
})
