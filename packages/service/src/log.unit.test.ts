import { expect, test } from 'vitest'
import { createLog } from './log.ts'

test('what opens something is in no line', () => {
  const lines: string[] = []
  const log = createLog('gateway', 'info', { write: line => void lines.push(line) })
  log.info({ event: 'request', url: '/api/activate?key=secret-1', status: 200 }, 'request')
  log.error({ url: 'https://user:secret-2@example.org/a?signature=secret-3', err: new Error('broken') }, 'failed')
  log.warn({ headers: { authorization: 'Bearer secret-4', cookie: 'session=secret-5' } }, 'odd')
  expect(lines).toHaveLength(3)
  expect(JSON.parse(lines[0] as string)).toMatchObject({
    level: 'info',
    service: 'gateway',
    url: '/api/activate?key=***',
  })
  expect(lines.join('')).not.toContain('secret')
})
