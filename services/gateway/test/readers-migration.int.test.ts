import { copyFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { migrate, openStore } from '@slipway/store'
import { captureLog, createDatabase, temporaryFolder } from '@slipway/testing'
import { expect, test } from 'vitest'
import { gateway } from '../src/app.ts'

test('events of affiliates and applications that are kept become those of the staff of their member', async () => {
  await using folder = await temporaryFolder()
  const all = fileURLToPath(gateway.migrations as URL)
  const files = await readdir(all)
  const since = files.find(name => name.endsWith('-readers-by-member.sql')) as string
  for (const file of files.filter(name => name < since)) await copyFile(join(all, file), join(folder.path, file))
  const database = await createDatabase({ migrations: [folder.path] })
  const { log } = captureLog()
  const store = await openStore({ url: database.url, log, name: 'test' })
  const run = (name: string, text: string) => store.write({ name: `test.${name}`, text })
  await run(
    'stream',
    `insert into stream_event (event_id, noun, verb, aggregate, readers, payload) values
      ('1', 'affiliate', 'created', 'a', '{right:administrator,right:editor}', '{"data":{"home_member":"SE"}}'),
      ('2', 'application', 'created', 'b', '{right:editor,account:jon}', '{"data":{"member":"DK"}}'),
      ('3', 'notification', 'sent', 'c', '{right:editor}', '{"data":{}}')`,
  )
  await migrate(database.url, gateway.migrations, log)
  expect(await run('readers', 'select readers from stream_event order by event_id')).toEqual([
    { readers: ['right:administrator', 'member:SE'] },
    { readers: ['member:DK', 'account:jon'] },
    { readers: ['right:editor'] },
  ])
  await store.close()
})
