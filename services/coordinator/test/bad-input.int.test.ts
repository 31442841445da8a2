import {
  logEventOperations,
  type Operation,
  releaseNoteOperations,
  studyObjectOperations,
  taskOperations,
} from '@slipway/contracts'
import { feedBadInputs, identityToken, unfitColumns } from '@slipway/testing'
import { expect, test } from 'vitest'
import { baseUrl, startCoordinator } from './start-coordinator.ts'

const all = { superuser: true, roles: ['ADMIN'], permissions: ['ACCESS_ALL_DATA'] }
const call = { identity: identityToken('root', { ...all, kind: 'service' }), baseUrl, timeoutMs: 30_000 }

test('no value that is none breaks an operation, or is kept', async () => {
  await using coordinator = await startCoordinator()
  const { bus, store } = coordinator
  const study = 'SD_AAAAAAAA'
  const service = await coordinator.register('http://127.0.0.1:1')
  const { kf_id: release } = await coordinator.startRelease([study])
  const { kf_id: event } = await bus.call(logEventOperations.create, { body: { message: 'x', release } }, call)
  const note = { description: 'x', release, study }
  const { kf_id: releaseNote } = await bus.call(releaseNoteOperations.create, { body: note }, call)
  const task = await bus.call(taskOperations.list, { release }, call).then(({ results }) => results[0]?.kf_id)
  const text = "insert into study_object (accession, origin, name) values ($1, 'odm', 'Study') on conflict do nothing"
  await store.write({ name: 'test.study-object', text }, [study])
  await bus.call(studyObjectOperations.edit, { id: study, body: { Year: 1 } }, call)
  const ids: Readonly<Record<string, unknown>> = { release, event, 'release-note': releaseNote, study, task }

  const known = ({ noun, verb }: Operation): Record<string, unknown> => {
    const links = { release, task_service: service.kf_id, task, study }
    const ends = ['delete', 'cancel', 'publish'].includes(verb)
    const body = noun === 'release' || noun === 'scheduled-release' ? { studies: [study] } : links
    switch (noun) {
      case 'study-object':
        return { id: study, sort: 'name', pageLimit: '1', filter: 'a', ...(verb === 'edit' && { body: { Year: 1 } }) }
      case 'platform-task':
        return verb === 'list' ? { pageLimit: '1', pageOffset: '0', status: 'DONE', application: 'a' } : {}
      case 'study-import':
      case 'reported-file':
        return {}
      default:
        return {
          ...(!ends && { kf_id: ids[noun] }),
          ...(verb === 'list' && { ...links, state: 'running', parameters: { state: ['running'] } }),
          ...(verb === 'release' && { release }),
          ...(['create', 'update', 'replace'].includes(verb) && { body }),
        }
    }
  }
  expect(await feedBadInputs({ bus, service: 'coordinator', call, known })).toEqual([])
  expect(await unfitColumns(store)).toEqual([])
})
