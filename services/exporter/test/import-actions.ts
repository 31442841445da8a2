import { bulkImportEvents, bulkImportOperations } from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { expect } from 'vitest'
import { as, type Person, type RunningExporter } from './start-exporter.ts'

export type Members = Readonly<Record<string, unknown>>
export type ImportOptions = { readonly person?: Person; readonly queue?: string; readonly updateIfExists?: boolean }

export const at = (org: string, source = 'S') => ({ owner: org, owner_type: 'Organization', source })
export const concept = (org: string, id: string, more: Members = {}) => ({
  ...{ type: 'Concept', id, ...at(org), concept_class: 'Test', datatype: 'N/A' },
  ...{ names: [{ name: `name of ${id}`, locale: 'en', locale_preferred: true }], ...more },
})
export const url = (org: string, id: string) => `/orgs/${org}/sources/S/concepts/${id}/`
export const mapping = (org: string, from: string, to: string, more: Members = {}) => ({
  ...{ type: 'Mapping', ...at(org), map_type: 'NARROWER-THAN' },
  ...{ from_concept_url: url(org, from), to_concept_url: url(org, to), ...more },
})

async function* bytesOf(text: string) {
  yield Buffer.from(text)
}

/** What tests of imports do on an exporter, again and again. */
export function importActions(on: () => RunningExporter) {
  async function submit(lines: readonly unknown[], { person = 'ada', ...more }: ImportOptions = {}) {
    const text = lines.map(line => JSON.stringify(line)).join('\n')
    const { status, body } = await on().bus.upload(
      bulkImportOperations.create,
      { form: 'file', ...more },
      bytesOf(text),
      as(person),
    )
    expect(status).toBe(202)
    return JSON.parse(Buffer.from(body).toString('utf8'))
  }
  const read = async (task: string, result = true, person: Person = 'ada') =>
    JSON.parse((await on().read(bulkImportOperations.get, { task, result }, person)).text)

  async function finished(task: string, person?: Person) {
    await eventually(async () => !['PENDING', 'STARTED'].includes((await read(task, false, person)).state), {
      timeoutMs: 30_000,
    })
    return read(task, true, person)
  }
  const carriedOut = async (lines: readonly unknown[], options?: ImportOptions) =>
    finished((await submit(lines, options)).id, options?.person)

  const events = (noun: string, like: string) =>
    on().store.read<{ verb: string; aggregate: string; sequence: number; data: Members }>(
      {
        name: 'test.import-events',
        text: 'select verb, aggregate, sequence, data from platform.outbox where noun = $1 and data::text like $2 order by id',
      },
      [noun, `%${like}%`],
    )

  /** What an import told of concepts and mappings, batch by batch. */
  async function applied(task: string) {
    const told = (await events('bulk-import', task)).filter(({ verb }) => verb === 'applied')
    return told.map(({ data }) => bulkImportEvents.applied.data.parse(data))
  }

  return { submit, read, finished, carriedOut, events, applied }
}
