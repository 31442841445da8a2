import { blobMigrations } from '@slipway/blobs'
import { compareSchema } from '@slipway/store'
import { testPostgres } from '@slipway/testing'
import { expect, test } from 'vitest'

test('schema.sql is what the migrations make', async () => {
  const migrations = [new URL('../migrations', import.meta.url), blobMigrations]
  const file = new URL('../schema.sql', import.meta.url)
  expect(await compareSchema({ adminUrl: testPostgres().url, migrations }, file)).toBeNull()
})
