import type { Answer, CallContext, OperationHandler } from '@slipway/bus'
import { actorOf, failure, type Identity, studyObjectOperations } from '@slipway/contracts'
import { commandOf, handlerOf, requireSignedIn } from '@slipway/service'
import { rememberCommand, type Store, type Tx } from '@slipway/store'
import type { Database } from '../database.ts'
import { matches } from '../platform-task/task-headers.ts'
import { startRun } from '../publish-run/start-run.ts'
import { readAttributes } from './attributes.ts'
import { readPage, readSort } from './page-request.ts'
import { hasAllData, mayAccess, requireCurator } from './rights.ts'
import { arrayAnswer, pageAnswer } from './stream-list.ts'
import {
  discardDraft,
  editDraft,
  findStudy,
  findVersion,
  greatestObject,
  listStudies,
  lockStudy,
  publishedBodies,
  restoreVersion,
  type StudyRow,
  versionsBelow,
} from './study-object.store.ts'
import { readVersionMessage } from './version-message.ts'

type View = 'curator' | 'user'
type Read = Store<Database>['query']

const accessionPattern = /^[A-Z]{2}_[0-9A-Z]{8}$/
const longList = 50
const versionsTogether = 500

const unknownStudy = () => failure('not_found', 'No object exists with the given ID.')

/** Studies as ODM has them: drafts for curators, published versions for everybody who may see the study. */
export function studyObjectHandlers(store: Store<Database>, kick: () => void): OperationHandler[] {
  const { list, get, edit, discard, versions, version, restore, publish } = studyObjectOperations

  return [
    handlerOf(list, async ({ view, filter, query, sort, ...page }, context) => {
      const identity = requireReader(context, view)
      if (filter) throw failure('invalid', 'filter is not supported; use query.')
      const wanted = readPage(page, { least: 0, fallback: 2000 })
      const reach = { all: hasAllData(identity), groups: identity.groups, login: actorOf(identity) }
      const text = query?.trim() || null
      const found = { reach, withDeleted: view === 'curator', text, sort: readSort(sort), ...wanted }
      const { total, accessions } = await listStudies(store.read, found)
      return pageAnswer(total, accessions.length, wanted, bodiesOf(accessions))
    }),
    handlerOf(get, async ({ view, id, ifNoneMatch }, context) => {
      const study = await requireStudy(store.read, id, view, context)
      const { body, headers } = shown(study, view)
      if (matches(ifNoneMatch, headers.ETag)) return { status: 304, headers }
      return { headers, body }
    }),
    handlerOf(edit, async (input, context) => {
      const { id, body, ifMatch } = input
      return change(input, context, edit, async (tx, study, by) => {
        requireMatch(ifMatch, study)
        const bytes = await editDraft(tx, id, readAttributes(body, id), by)
        if (bytes !== undefined && bytes > greatestObject) {
          throw failure('too_large', `The metadata of a study must not be larger than ${greatestObject} bytes.`)
        }
        return { status: 200, ...shown(await relocked(tx, id), 'curator') }
      })
    }),
    handlerOf(discard, async (input, context) =>
      change(input, context, discard, async (tx, study, by) => {
        requireMatch(input.ifMatch, study)
        await discardDraft(tx, input.id, by)
        return { status: 204 }
      }),
    ),
    handlerOf(versions, async ({ view, id }, context) => {
      await requireStudy(store.read, id, view, context)
      return arrayAnswer(versionsOf(id))
    }),
    handlerOf(version, async ({ view, id, version: number }, context) => {
      await requireStudy(store.read, id, view, context)
      const body = await findVersion(store.read, id, requireNumber(number))
      if (body === undefined) throw unknownVersion()
      return { body: { raw: body } as never }
    }),
    handlerOf(restore, async (input, context) =>
      change(input, context, restore, async (tx, _study, by) => {
        const number = requireNumber(input.version)
        const message = readVersionMessage(input.versionMessage, `Restored version ${number}`)
        const body = await restoreVersion(tx, input.id, number, message, by)
        if (body === undefined) throw unknownVersion()
        return { status: 200, body: { raw: body } as never }
      }),
    ),
    handlerOf(publish, async (input, context) => {
      const identity = requireCurator(context.identity)
      // ODM documents no status for an odd id here: it is not found.
      if (!accessionPattern.test(input.id)) throw unknownStudy()
      await requireStudy(store.read, input.id, 'curator', context)
      const message = readVersionMessage(input.versionMessage)
      const command = commandOf(publish, input, context)
      return startRun({ store, identity, context, command, accession: input.id, message, kick })
    }),
  ]

  /** A change of one study under its lock, remembered with its answer. */
  async function change(
    input: { readonly id: string },
    context: CallContext,
    operation: Parameters<typeof commandOf>[0],
    work: (tx: Tx<Database>, study: StudyRow, by: By) => Promise<Answer<never> & { status: number }>,
  ): Promise<Answer<never>> {
    const identity = requireCurator(context.identity)
    const command = commandOf(operation, input, context)
    requireAccession(input.id)
    return store.transaction(async tx => {
      const study = requireAccess(await lockStudy(tx, input.id), 'curator', identity)
      const answer = await work(tx, study, { actor: actorOf(identity), traceparent: context.traceparent })
      if (command) {
        const body = String((answer.body as { raw: string } | undefined)?.raw ?? '')
        await rememberCommand(tx, { ...command, status: answer.status, headers: answer.headers ?? {}, body })
      }
      return answer
    })
  }

  /** Read in small parts: a study may be as large as a message. */
  async function* bodiesOf(accessions: readonly string[]) {
    for (let at = 0; at < accessions.length; at += longList) {
      yield await publishedBodies(store.read, accessions.slice(at, at + longList))
    }
  }

  async function* versionsOf(id: string) {
    let below: number | null = null
    for (;;) {
      const rows: { version: number; body: string }[] = await versionsBelow(store.read, id, below, versionsTogether)
      yield rows.map(({ body }) => body)
      below = rows.at(-1)?.version ?? null
      if (rows.length < versionsTogether) return
    }
  }
}

type By = { readonly actor: string; readonly traceparent: string | undefined }

function requireReader(context: CallContext, view: View): Identity {
  return view === 'curator' ? requireCurator(context.identity) : requireSignedIn(context.identity)
}

async function requireStudy(read: Read, id: string, view: View, context: CallContext): Promise<StudyRow> {
  const identity = requireReader(context, view)
  requireAccession(id)
  return requireAccess(await findStudy(read, id), view, identity)
}

function requireAccession(id: string): void {
  if (!accessionPattern.test(id)) throw failure('invalid', 'The ID is not an accession.')
}

function requireAccess(study: StudyRow | undefined, view: View, identity: Identity): StudyRow {
  if (!study || (view === 'user' && study.deleted)) throw unknownStudy()
  // What is not shared with the caller is not there, and no status tells it from what never was.
  if (!mayAccess(identity, study)) throw unknownStudy()
  return study
}

async function relocked(tx: Tx<Database>, id: string): Promise<StudyRow> {
  return (await findStudy(tx.query, id)) as StudyRow
}

const unknownVersion = () => failure('not_found', 'No version exists with the given number.')

function requireNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw unknownVersion()
  return Number(text)
}

const etagOf = ({ version, revision }: StudyRow) => `"${version}.${revision}"`

function requireMatch(ifMatch: string | undefined, study: StudyRow): void {
  if (ifMatch === undefined || matches(ifMatch, etagOf(study))) return
  throw failure('precondition_failed', 'The study has changed since it was read.')
}

/** Curators see the draft, if there is one, and whose it is. */
function shown(study: StudyRow, view: View) {
  if (view === 'user') return { headers: { ETag: `"${study.version}"` }, body: { raw: study.published } as never }
  const headers: Record<string, string> = { ETag: etagOf(study), 'Slipway-Draft': String(study.draft !== null) }
  if (study.draft !== null) {
    headers['Slipway-Draft-Revision'] = String(study.revision)
    headers['Slipway-Draft-Author'] = encodeURIComponent(study.draft_by ?? '')
    headers['Slipway-Draft-Time'] = study.draft_time ?? ''
  }
  return { headers, body: { raw: study.draft ?? study.published } as never }
}
