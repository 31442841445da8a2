import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { releaseLink, releaseLinkOrNull, taskServiceLink } from '../release-coordinator/ids.ts'

function read(field: z.ZodType, value: unknown): unknown {
  const result = field.safeParse(value)
  return result.success ? result.data : { refused: result.error.issues.map(issue => issue.message) }
}

const refused = (message: string) => ({ refused: [message] })

describe('link', () => {
  it.each([
    'RE_0000000A',
    ' RE_0000000A ',
    '/releases/RE_0000000A',
    'http://any-host/releases/RE_0000000A',
    'https://any-host:8443/releases/RE_0000000A',
    'http://any-host/releases/RE_0000000A?limit=100',
  ])('reads the id out of %j', value => expect(read(releaseLink(), value)).toBe('RE_0000000A'))

  it.each([
    'nonsense',
    'RE_0000000a',
    '/releases',
    '/releases/',
    '/releases/RE_0000000A/tasks',
    'http://any-host/nothing/RE_0000000A',
    'ftp://any-host/releases/RE_0000000A',
  ])('refuses %j, which leads nowhere', value =>
    expect(read(releaseLink(), value)).toEqual(refused('Invalid hyperlink - No URL match.')),
  )

  it.each(['/tasks/TA_00000000', 'http://any-host/studies/SD_00000000'])('refuses %j, which leads elsewhere', value =>
    expect(read(releaseLink(), value)).toEqual(refused('Invalid hyperlink - Incorrect URL match.')),
  )

  it('tells links to different lists apart', () => {
    expect(read(taskServiceLink(), '/task-services/TS_00000000')).toBe('TS_00000000')
    expect(read(releaseLink(), '/task-services/TS_00000000')).toEqual(
      refused('Invalid hyperlink - Incorrect URL match.'),
    )
  })

  it.each([
    [5, 'int'],
    [true, 'bool'],
    [['RE_0000000A'], 'list'],
    [{ kf_id: 'RE_0000000A' }, 'dict'],
  ])('refuses %j, which is no text', (value, type) => {
    const expected = refused(`Incorrect type. Expected URL string, received ${type}.`)
    expect(read(releaseLink(), value)).toEqual(expected)
    expect(read(releaseLinkOrNull(), value)).toEqual(expected)
  })

  it('takes no link only where that is declared; an empty text is none', () => {
    expect(read(releaseLinkOrNull(), null)).toBeNull()
    expect(read(releaseLinkOrNull(), '')).toBeNull()
    expect(read(releaseLink(), null)).toEqual(refused('This field may not be null.'))
    expect(read(releaseLink(), '')).toEqual(refused('This field may not be null.'))
    expect(read(releaseLink(), undefined)).toEqual(refused('This field is required.'))
  })
})
