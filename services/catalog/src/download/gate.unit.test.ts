import { describe, expect, it } from 'vitest'
import { affiliates, expectedDecision, type GateCase, guardedFiles, viewers } from '../../test/gate-cases.ts'
import { acceptedMemberships, mayDownload } from './gate.ts'

const cases: readonly GateCase[] = viewers('ann').flatMap(viewer =>
  guardedFiles.flatMap(file => affiliates.map(affiliate => ({ viewer, file, affiliate }))),
)

describe('the gate', () => {
  it(`decides all ${cases.length} combinations of role, publication, member, standing and applications`, () => {
    const wrong = cases.filter(one => mayDownload(one.viewer, one.file, one.affiliate) !== expectedDecision(one))
    expect(wrong).toEqual([])
  })

  it.each(['allowed', 'unauthenticated', 'forbidden'] as const)('answers %s in some of them', decision => {
    expect(cases.filter(one => expectedDecision(one) === decision).length).toBeGreaterThan(100)
  })

  it('lets affiliates have offline files of nobody', () => {
    const offline = cases.filter(({ viewer, file }) => viewer.kind === 'user' && file.state === 'offline')
    expect(offline.some(one => mayDownload(one.viewer, one.file, one.affiliate) === 'allowed')).toBe(false)
  })
})

describe('accepted memberships', () => {
  it('are of approved applications; a primary one opens the leading member, too', () => {
    const of = (type: string, state: string) =>
      [...acceptedMemberships({ standing: 'APPLYING', applications: [{ type, state, member: 'SE' }] })].toSorted()
    expect(of('PRIMARY', 'APPROVED')).toEqual(['IHTSDO', 'SE'])
    expect(of('EXTENSION', 'APPROVED')).toEqual(['SE'])
    expect(of('PRIMARY', 'SUBMITTED')).toEqual([])
  })
})
