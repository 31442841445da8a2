import type { OperationHandler } from '@slipway/bus'
import { actorOf, failure, isJsonObject, studyImportOperations } from '@slipway/contracts'
import { commandOf, handlerOf } from '@slipway/service'
import { findCommand, now, rememberCommand, type Store } from '@slipway/store'
import type { Logger } from 'pino'
import type { Database } from '../database.ts'
import { insertJob } from '../job/new-job.store.ts'
import { runNow } from '../job/run-now.ts'
import { jobStatusOf } from '../platform-task/task-output.ts'
import { requireCurator } from '../study-object/rights.ts'
import { publishedBodies } from '../study-object/study-object.store.ts'
import { type ImportStudy, importResult } from './study-import.ts'

export type StudyImportOptions = {
  readonly store: Store<Database>
  readonly importStudy: ImportStudy
  readonly leaseSeconds: number
  readonly kick: () => void
  readonly log: Logger
}

const longestLink = 2048

type Answered = { readonly headers: Readonly<Record<string, string>>; readonly body: string }

/** Import of studies from a link: while the caller waits, or as a job. */
export function studyImportHandlers(options: StudyImportOptions): OperationHandler[] {
  const { store, importStudy, leaseSeconds, kick, log } = options
  const { create, start } = studyImportOperations

  return [
    handlerOf(create, async (input, context) => {
      const actor = actorOf(requireCurator(context.identity))
      const link = readLink(input.body, 'link')
      const command = commandOf(create, input, context)
      // Looked up before the work, which cannot be done twice at the price of a second fetch only.
      if (command && (await findCommand(store, command.id))) throw failure('conflict', 'The study was imported before.')
      let answer: Answered = { headers: {}, body: '' }
      await runNow({
        store,
        log,
        leaseSeconds,
        job: { kind: 'study-import-now', input: { link }, actor, traceparent: context.traceparent },
        work: job =>
          importStudy(job, link, actor, async (tx, accession) => {
            const [body = ''] = await publishedBodies(tx.query, [accession])
            const headers = {
              Location: `${context.baseUrl}/api/v1/as-curator/studies/${accession}`,
              'Slipway-Task': job.id,
            }
            if (command) await rememberCommand(tx, { ...command, status: 201, headers, body })
            answer = { headers, body }
          }),
        outcome: importResult,
      })
      return { status: 201, headers: answer.headers, body: { raw: answer.body } as never }
    }),
    handlerOf(start, async (input, context) => {
      const actor = actorOf(requireCurator(context.identity))
      const link = readLink(input.body, 'metadataLink')
      requireHttp(input.body)
      const command = commandOf(start, input, context)
      const job = { kind: 'study-import' as const, input: { link }, actor, traceparent: context.traceparent }
      let body = ''
      const made = await insertJob(store, job, async (tx, { id }) => {
        body = JSON.stringify({
          jobExecId: id,
          jobName: 'Import study',
          status: jobStatusOf('CREATED'),
          startTime: null,
          createTime: now(),
        })
        if (command) await rememberCommand(tx, { ...command, status: 200, headers: { 'Slipway-Task': id }, body })
        tx.afterCommit(kick)
      })
      return { headers: { 'Slipway-Task': made.id }, body: { raw: body } as never }
    }),
  ]
}

/** The link in a body. What it leads to is judged when it is followed. @throws `invalid` */
function readLink(body: unknown, name: 'link' | 'metadataLink'): string {
  if (!isJsonObject(body)) {
    throw failure('invalid', 'The body must be a JSON object.')
  }
  const link = body[name]
  const ok = typeof link === 'string' && link.length <= longestLink && /^https?:$/.test(URL.parse(link)?.protocol ?? '')
  if (!ok || link.includes('\0') || !link.isWellFormed()) throw failure('invalid', `${name} must be an http(s) URL.`)
  return link
}

/** Files of the server, and of S3 by its own protocol, are not read. */
function requireHttp(body: unknown): void {
  const { source } = body as { source?: unknown }
  if (source === undefined || source === null || source === 'HTTP') return
  throw failure('invalid', 'source must be HTTP: other sources are not supported.')
}
