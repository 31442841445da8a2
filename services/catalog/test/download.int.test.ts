import { randomUUID } from 'node:crypto'
import { openStore, type Store } from '@slipway/store'
import { captureLog, createDatabase } from '@slipway/testing'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { abandonDownloads, beginDownload, endDownload } from '../src/download/download.store.ts'

const opened = new AsyncDisposableStack()
let store: Store

beforeAll(async () => {
  const database = opened.use(await createDatabase({ migrations: [new URL('../migrations', import.meta.url)] }))
  store = opened.use(await openStore({ url: database.url, log: captureLog().log, name: 'download-test' }))
})
afterAll(() => opened.disposeAsync())
beforeEach(async () => {
  await store.write({ name: 'forget', text: 'truncate download, audit_event' })
})

const download = {
  principal: 'ann',
  affiliateId: 7,
  releasePackageId: 1,
  releaseVersionId: 2,
  releaseFileId: 3,
  names: { 'releaseFile.label': 'File' },
}

async function begun(): Promise<string> {
  const downloadId = randomUUID()
  await beginDownload(store, { ...download, downloadId })
  return downloadId
}

const trail = () =>
  store.read<{ data: object }>({ name: 'trail', text: 'select principal, type, data, affiliate_id from audit_event' })

it('the end of a download is recorded once, however often it is reported', async () => {
  const id = await begun()
  await beginDownload(store, { ...download, downloadId: id })
  await Promise.all([1, 2, 3].map(() => endDownload(store, id, 206, 'complete')))
  await endDownload(store, id, 500, 'origin_failed')
  await endDownload(store, randomUUID(), 200, 'complete')
  expect(await trail()).toEqual([
    {
      principal: 'ann',
      type: 'RELEASE_FILE_DOWNLOADED',
      affiliate_id: 7,
      data: { 'releaseFile.label': 'File', 'download.statusCode': '206' },
    },
  ])
})

it('a download whose end nobody told is recorded as failed after a day', async () => {
  const [old, young] = [await begun(), await begun()]
  await store.write(
    { name: 'age', text: `update download set started_at = now() - interval '25 hours' where download_id = $1` },
    [old],
  )
  await Promise.all([abandonDownloads(store), abandonDownloads(store)])
  await endDownload(store, old, 200, 'complete')
  expect((await trail()).map(({ data }) => data)).toEqual([
    { 'releaseFile.label': 'File', 'download.statusCode': '500', 'download.outcome': 'unknown' },
  ])
  await endDownload(store, young, 200, 'client_gone')
  expect(await trail()).toHaveLength(2)
})
