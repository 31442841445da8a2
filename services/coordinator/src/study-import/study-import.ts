import { failure } from '@slipway/contracts'
import type { Outbound } from '@slipway/service'
import type { Store, Tx } from '@slipway/store'
import type { Database } from '../database.ts'
import type { RunningJob } from '../job/job.ts'
import type { RunJob } from '../job/job-worker.ts'
import { greatestObject } from '../study-object/study-object.store.ts'
import { readTemplate } from './read-template.ts'
import { insertImported } from './study-import.store.ts'

export type ImportStudy = (
  job: Pick<RunningJob, 'id' | 'lease'>,
  link: string,
  owner: string,
  /** Runs in the transaction of the import, with the accession of the study. */
  finish?: (tx: Tx<Database>, accession: string) => Promise<void>,
) => Promise<string>

const redirects = 5

/**
 * Makes the function that fetches metadata from a link and puts it down as a study. It throws `invalid` for a file that
 * is no template or a link that leads nowhere allowed, `bad_upstream` when the file cannot be had, which may pass.
 */
export function createImportStudy(store: Store<Database>, outbound: Outbound): ImportStudy {
  return async (job, link, owner, finish) => {
    const answer = await outbound.send({ url: link, method: 'GET', redirects })
    if (answer.kind === 'unreachable') {
      const lasting = ['forbidden', 'invalid_url', 'too_large', 'redirects'].includes(answer.reason)
      throw failure(lasting ? 'invalid' : 'bad_upstream', `The link cannot be read: ${answer.message}`)
    }
    if (answer.status !== 200) {
      const code = answer.status >= 500 ? 'bad_upstream' : 'invalid'
      throw failure(code, `The link cannot be read: it answers ${answer.status}`)
    }
    const content = readTemplate(answer.text)
    if (Buffer.byteLength(JSON.stringify(content)) > greatestObject) {
      throw failure('invalid', `The metadata of a study must not be larger than ${greatestObject} bytes.`)
    }
    const accession = await store.transaction(async tx => {
      const made = await insertImported(tx, job, owner, content)
      if (made !== undefined) await finish?.(tx, made)
      return made
    })
    if (accession === undefined) throw failure('unavailable', 'The import was taken over by another process.')
    return accession
  }
}

/** What the output of an import says; clients of ODM read one key or the other. */
export const importResult = (accession: string) => ({ accession, groupAccession: accession })

export function importRun(importStudy: ImportStudy): RunJob {
  return async ({ job }) => {
    const accession = await importStudy(job, String(job.input.link), job.created_by)
    return { status: 'DONE', result: importResult(accession) }
  }
}
