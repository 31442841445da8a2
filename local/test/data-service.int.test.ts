import { expect, test } from 'vitest'
import { startDataService } from '../src/example-services/data-service.ts'

test('a data service gives its studies page by page', async () => {
  const studies = Array.from({ length: 5 }, (_, index) => ({
    kf_id: `SD_0000000${index}`,
    name: `study ${index}`,
    visible: true,
    created_at: '2026-01-01T00:00:00Z',
  }))
  await using service = await startDataService(studies, { pageSize: 2 })
  const seen: string[] = []
  for (let next: string | undefined = '/studies?limit=100'; next; ) {
    const page = await fetch(new URL(next, service.url))
    const body = (await page.json()) as { results: { kf_id: string }[]; total: number; _links: { next?: string } }
    expect(body.total).toBe(5)
    expect(body.results.length).toBeLessThanOrEqual(2)
    seen.push(...body.results.map(study => study.kf_id))
    next = body._links.next
  }
  expect(seen).toEqual(studies.map(study => study.kf_id))
  expect((await fetch(`${service.url}/studies?limit=no`)).status).toBe(400)
})
