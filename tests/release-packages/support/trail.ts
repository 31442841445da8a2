import type { Client } from './client.ts'

/** What the trail holds of a thing, in order: types, and the data of the last entry. */
export async function trailOf(admin: Client, id: number): Promise<{ types: string[]; last: Record<string, string> }> {
  const { body } = await admin.get('/api/audits')
  const entries = (body as { type: string; data: Record<string, string>; timestamp: string }[])
    .filter(({ data }) => data['releaseVersion.name'] === `v${id}` || data['releasePackage.name'] === `p${id}`)
    .sort((a, b) => a.timestamp.localeCompare(b.timestamp))
  return { types: entries.map(({ type }) => type), last: entries.at(-1)?.data ?? {} }
}
