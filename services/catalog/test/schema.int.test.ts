import { schemaOf, tablesOf } from '@slipway/store'
import { testPostgres } from '@slipway/testing'
import { expect, test } from 'vitest'
import { catalog } from '../src/app.ts'

const source = () => ({ adminUrl: testPostgres().url, migrations: [catalog.migrations].flat() })

test('schema.sql is what the migrations make', async () => {
  await expect(await schemaOf(source())).toMatchFileSnapshot('../schema.sql')
})

test('database.ts is what they make, too', async () => {
  await expect(await tablesOf(source())).toMatchFileSnapshot('../src/database.ts')
})
