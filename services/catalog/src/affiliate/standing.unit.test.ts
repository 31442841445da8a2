import { type Standing, standings } from '@slipway/contracts'
import { describe, expect, it } from 'vitest'
import { standingByHand } from './standing.ts'

const pairs = standings.flatMap(from => standings.map(to => [from, to] as const))

/** By hand everything may become everything, but for the way into and out of APPLYING. */
const refused = (from: Standing, to: Standing) => from !== to && (from === 'APPLYING' || to === 'APPLYING')

describe('a standing set by hand', () => {
  it.each(pairs)('%s to %s', (from, to) => {
    if (refused(from, to)) expect(() => standingByHand(from, to)).toThrow(expect.objectContaining({ code: 'conflict' }))
    else expect(standingByHand(from, to)).toBe(to)
  })

  it.each(standings)('%s stays when none is given', standing => {
    expect([standingByHand(standing, null), standingByHand(standing, undefined)]).toEqual([standing, standing])
  })
})
