import { randomBytes } from 'node:crypto'
import { eventually } from '@slipway/testing'
import { expect } from 'vitest'
import type { Answer, Client } from './client.ts'

export const concept = (id: string, more: object = {}) => ({
  id,
  concept_class: 'Test',
  datatype: 'N/A',
  names: [{ name: id, locale: 'en' }],
  ...more,
})

/** A concept that no archive makes small: about so many bytes. */
export const largeConcept = (id: string, bytes: number) =>
  concept(id, { extras: { noise: randomBytes((bytes * 3) / 4).toString('base64') } })

/** An org with the source `S` of these concepts; the path of the source, with its slash. */
export async function makeSource(owner: Client, org: string, concepts: readonly object[] = []): Promise<string> {
  expect((await owner.post('/orgs/', { id: org, name: org })).status).toBe(201)
  expect((await owner.post(`/orgs/${org}/sources/`, { id: 'S', name: 'Source' })).status).toBe(201)
  const path = `/orgs/${org}/sources/S/`
  for (const one of concepts) expect((await owner.post(`${path}concepts/`, one)).status).toBe(201)
  return path
}

export async function cut(owner: Client, source: string, id: string, more: object = {}): Promise<Answer> {
  const answer = await owner.post(`${source}versions/`, { id, ...more })
  expect(answer.status, answer.text).toBe(201)
  return answer
}

/** Waits until the export can be downloaded, and downloads it. */
export function exported(reader: Client, source: string, version: string): Promise<Answer> {
  return eventually(async () => {
    const answer = await reader.get(`${source}${version}/export/`)
    return answer.status === 200 && answer
  })
}
