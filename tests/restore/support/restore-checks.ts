import type { RestoreReport } from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { expect } from 'vitest'
import { type Flow, patience, type Release } from '../../release-content/support/flow.ts'

export const address = '/v1/platform/restore-check'
export const kindsOf = ({ by_kind }: RestoreReport) => Object.keys(by_kind).toSorted()

/** What an administrator does after a restore, and with releases around it. */
export function restoreChecks(running: Flow) {
  async function report(method: 'GET' | 'POST', body?: object): Promise<RestoreReport> {
    const answer = await running.admin.call(method, address, body)
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    return answer.body as RestoreReport
  }
  const check = () => report('GET')
  const settle = (decisions: Readonly<Record<string, string>> = {}) => report('POST', { decisions })
  const agreed = () => eventually(async () => expect((await check()).items).toEqual([]), patience)

  async function staged(name: string): Promise<string> {
    const id = await running.create(name)
    await running.drive(id, 'staged')
    return id
  }

  async function publish(id: string): Promise<Release> {
    await eventually(async () => {
      expect((await running.admin.call('POST', `/releases/${id}/publish`)).status).toBe(200)
    }, patience)
    return running.drive(id, 'published')
  }

  return { check, settle, agreed, staged, publish }
}
