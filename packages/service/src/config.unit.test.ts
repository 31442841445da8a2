import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { baseConfig, loadConfig } from './config.ts'

const right = { DATABASE_URL: 'postgres://localhost/registry', NATS_URL: 'nats://localhost' }
const load = (env: NodeJS.ProcessEnv) => loadConfig(baseConfig, env)

describe('the configuration', () => {
  it('takes defaults for what is not set, and for what is set to nothing', () => {
    expect(load({ ...right, LOG_LEVEL: '' })).toEqual({
      ...right,
      SLIPWAY_SERVICE_HOST: '0.0.0.0',
      SLIPWAY_SERVICE_PORT: 0,
      DATABASE_POOL_SIZE: 10,
      DATABASE_STATEMENT_TIMEOUT: 30,
      DATABASE_IDLE_TRANSACTION_TIMEOUT: 10,
      DATABASE_TRANSACTION_TIMEOUT: 120,
      OPERATION_CONCURRENCY: 256,
      EVENT_RETENTION_DAYS: 14,
      LOG_LEVEL: 'info',
    })
  })

  it('names every missing and every wrong variable in a line of its own', () => {
    const env = { DATABASE_URL: 'mysql://localhost', DATABASE_POOL_SIZE: '1', LOG_LEVEL: 'loud' }
    expect(() => load(env)).toThrow(
      [
        'DATABASE_URL is wrong: must be a postgres:// URL',
        'NATS_URL is not set',
        'DATABASE_POOL_SIZE is wrong: Too small: expected number to be >=2',
        'LOG_LEVEL is wrong: Invalid option: expected one of "trace"|"debug"|"info"|"warn"|"error"|"fatal"|"silent"',
      ].join('\n'),
    )
  })

  it('never repeats the value, which may be a secret', () => {
    const schema = z.object({ PASSWORD: z.string().min(12) })
    expect(() => loadConfig(schema, { PASSWORD: 'hunter2' })).toThrow(/^PASSWORD is wrong: (?!.*hunter2)/)
  })
})
