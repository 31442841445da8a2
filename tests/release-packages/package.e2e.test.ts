import { beforeAll, describe, expect, test } from 'vitest'
import { expectError, texts } from './support/client.ts'
import { given, pathOf } from './support/given.ts'
import { type Callers, platform } from './support/platform.ts'

const running = platform()
let as: Callers
beforeAll(() => {
  as = running.as
})

const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const all = '/api/releasePackages'
const unknown = pathOf(999_999_999)

type Shown = { releasePackageId: number; member: { key: string }; name: string; priority: number }

/** The packages of a member as clients sort them: highest priority first. */
async function orderOf(member: string): Promise<string> {
  const { body } = await as.admin.get(all)
  return (body as Shown[])
    .filter(one => one.member.key === member)
    .sort((a, b) => b.priority - a.priority)
    .map(({ name, priority }) => `${name}${priority}`)
    .join(' ')
}

describe('a new package', () => {
  test('is answered whole, with what the server decides', async () => {
    const answer = await as.sweden.post(all, {
      member: { key: 'IHTSDO' },
      name: 'Another Release',
      description: '<p>Another Description<br/></p>',
      releasePackageId: 1,
      createdAt: '2000-01-01T00:00:00.000Z',
      priority: 77,
      releaseVersions: [{ name: 'smuggled' }],
      unheardOf: true,
    })
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      releasePackageId: expect.any(Number),
      createdAt: instant,
      updatedAt: answer.body.createdAt,
      member: { key: 'SE' },
      name: 'Another Release',
      description: '<p>Another Description<br/></p>',
      copyrights: null,
      releasePackageURI: null,
      priority: 1,
      releaseVersions: [],
    })
    expect(answer.body.releasePackageId).not.toBe(1)
    expect(answer.body.createdAt > '2020').toBe(true)
    expect((await as.sweden.get(pathOf(answer.body.releasePackageId))).body).toEqual(answer.body)
  })

  test('of an administrator belongs to the member that is named, or to IHTSDO', async () => {
    const create = async (body: unknown) => (await as.admin.post(all, body)).body.member
    expect(await create({ member: { key: 'BE' } })).toEqual({ key: 'BE' })
    expect(await create({})).toEqual({ key: 'IHTSDO' })
    expect(await create({ member: null })).toEqual({ key: 'IHTSDO' })
    const nobody = await as.admin.post(all, { member: { key: 'xz' } })
    const members = 'AU BE BN CA CL CZ DK EE ES GB HK IHTSDO IL IN IS LT MT MY NL NZ PL PT SE SG SI SK US UY '
    expectError(nobody, 400, `Unknown member: 'xz'. Valid options: ${members}`, all)
    expectError(await as.admin.post(all, { member: { key: 'se' } }), 400, /^Unknown member: 'se'\. /)
  })

  test('may be empty', async () => {
    const answer = await as.sweden.post(all)
    expect([answer.status, answer.body.name, answer.body.description]).toEqual([200, null, null])
  })

  test('is refused to everybody but staff and administrators', async () => {
    expectError(await as.anonymous.post(all, { name: 'x' }), 401, texts.unauthenticated, all)
    for (const caller of ['user', 'insider', 'stranger'] as const) {
      expectError(await as[caller].post(all, { name: 'x' }), 403, texts.denied, all)
    }
    // Who may not, is not told what is wrong with the body.
    expectError(await as.anonymous.send('POST', all, '{'), 401, texts.unauthenticated, all)
    expectError(await as.user.send('POST', all, '{'), 403, texts.denied, all)
  })

  test.each([
    [{ name: 'x'.repeat(256) }, /^name: must not be longer than 255 characters$/],
    [{ description: 'x'.repeat(65_537) }, /^description: must not be longer than 65536 characters$/],
    [{ name: 5 }, /^name: /],
    [{ name: 'a\0b' }, /^name: must not contain the character U\+0000$/],
    [{ releasePackageURI: [] }, /^releasePackageURI: /],
    [{ member: { key: 7 } }, /^member\.key: must be a string$/],
    [[], /^The request body must be a JSON object\.$/],
    ['text', /^The request body must be a JSON object\.$/],
  ])('is refused with %j', async (body, message) => {
    expectError(await as.admin.post(all, body), 400, message, all)
  })

  test('keeps 64 KiB of HTML byte for byte', async () => {
    const description = `<p onclick="x()">å∂ƒ 🚀 &amp; '\\' </p>${'é'.repeat(60_000)}`
    const { releasePackageId } = await given(as.sweden).package({ description })
    expect((await as.anonymous.get(pathOf(releasePackageId))).body.description).toBe(description)
  })

  test('is made once for one idempotency key', async () => {
    const headers = { 'idempotency-key': 'package-1' }
    const first = await as.sweden.post(all, { name: 'once' }, headers)
    const again = await as.sweden.post(all, { name: 'once' }, headers)
    expect([again.status, again.body]).toEqual([200, first.body])
    expect((await as.sweden.post(all, { name: 'other' }, headers)).status).toBe(422)
  })
})

describe('a package', () => {
  test('that is not there is 404, and an id that is no number 400', async () => {
    expectError(await as.anonymous.get(unknown), 404, texts.missing, unknown)
    expectError(await as.anonymous.get(`${all}/abc`), 400, "Not an id: 'abc'", `${all}/abc`)
    expectError(await as.anonymous.get(`${all}/99999999999999999999`), 400, /^Not an id/)
    expectError(await as.anonymous.get(`${all}/9223372036854775807`), 404, texts.missing)
    expectError(await as.admin.put(unknown, {}), 404, texts.missing, unknown)
    expectError(await as.admin.delete(unknown), 404, texts.missing, unknown)
  })

  test('is changed in what is sent, and in nothing else', async () => {
    const made = await given(as.sweden).package({ description: 'd', copyrights: 'c', releasePackageURI: 'u' })
    const path = pathOf(made.releasePackageId)
    const first = await as.sweden.put(path, { name: 'new', copyrights: null, member: { key: 'US' } })
    expect(first.status).toBe(200)
    expect(first.body).toEqual({ ...made, updatedAt: instant, name: 'new', copyrights: null })
    expect(first.body.updatedAt >= made.updatedAt).toBe(true)
    const echo = await as.sweden.put(path, { ...first.body, createdAt: 'nonsense', releaseVersions: [{}] })
    expect(echo.body).toEqual({ ...first.body, updatedAt: instant })
  })

  test('is changed and deleted by staff of its member and by administrators only', async () => {
    const { releasePackageId } = await given(as.sweden).package()
    const path = pathOf(releasePackageId)
    for (const send of [(caller: keyof Callers) => as[caller].put(path, { name: 'x' })]) {
      expectError(await send('anonymous'), 401, texts.unauthenticated, path)
      for (const caller of ['user', 'insider', 'stranger', 'america'] as const) {
        expectError(await send(caller), 403, texts.denied, path)
      }
    }
    expectError(await as.anonymous.delete(path), 401, texts.unauthenticated, path)
    expectError(await as.america.delete(path), 403, texts.denied, path)
    expect((await as.admin.put(path, { name: 'by admin' })).body.name).toBe('by admin')
    const gone = await as.admin.delete(path)
    expect([gone.status, gone.text]).toEqual([200, ''])
  })

  test('that was deleted is nowhere any more', async () => {
    const make = given(as.sweden)
    const { releasePackageId: id } = await make.package()
    const { releaseVersionId: version } = await make.version(id, { releaseType: 'alpha/beta' })
    const { releaseFileId: file } = await make.file(id, version)
    expect((await as.sweden.delete(pathOf(id))).status).toBe(200)
    for (const path of [pathOf(id), pathOf(id, version), pathOf(id, version, file), `${pathOf(id)}/license`]) {
      expectError(await as.admin.get(path), 404, texts.missing, path)
    }
    expectError(await as.admin.delete(pathOf(id)), 404, texts.missing)
    expectError(await as.admin.put(`${pathOf(id, version)}/releaseFiles`, { releaseFileId: file }), 404, texts.missing)
    expectError(await as.admin.post(`${pathOf(id)}/releaseVersions`, {}), 404, texts.missing)
    expect(((await as.admin.get(all)).body as Shown[]).map(one => one.releasePackageId)).not.toContain(id)
  })

  test('is not deleted while a version is online', async () => {
    const make = given(as.sweden)
    const { releasePackageId: id } = await make.package()
    const { releaseVersionId: version } = await make.version(id, { online: true })
    expectError(await as.sweden.delete(pathOf(id)), 409, 'A version of the package is online', pathOf(id))
    expect((await as.sweden.put(pathOf(id, version), { releaseType: 'offline' })).status).toBe(200)
    expect((await as.sweden.delete(pathOf(id))).status).toBe(200)
  })

  test('is changed only if it is as the client knows it', async () => {
    const { releasePackageId: id } = await given(as.sweden).package()
    const path = pathOf(id)
    const tag = String((await as.anonymous.get(path)).headers.etag)
    expect(tag).toMatch(/^"\d+\.public"$/)
    expect((await as.anonymous.get(path, { 'if-none-match': tag })).status).toBe(304)
    expect((await as.user.get(path, { 'if-none-match': tag })).status).toBe(200)
    const changed = await as.sweden.put(path, { name: 'first' }, { 'if-match': tag })
    expect(changed.status).toBe(200)
    const late = await as.sweden.put(path, { name: 'second' }, { 'if-match': tag })
    expectError(late, 412, 'The package changed since it was read', path)
    expectError(await as.sweden.delete(path, { 'if-match': tag }), 412, /changed since/)
    expect((await as.sweden.delete(path, { 'if-match': String(changed.headers.etag) })).status).toBe(200)
  })
})

describe('priorities', () => {
  test('are those that clients expect', async () => {
    const make = given(as.admin)
    const of = (name: string) => make.package({ name, member: { key: 'NL' } })
    const [c, b, a] = [await of('A'), await of('B'), await of('C')].reverse() as [Shown, Shown, Shown]
    void b
    expect(await orderOf('NL')).toBe('A3 B2 C1')
    const put = async ({ releasePackageId }: Shown, priority: unknown) =>
      (await as.admin.put(pathOf(releasePackageId), { priority })).body.priority
    expect(await put(c, 3)).toBe(3)
    expect(await orderOf('NL')).toBe('C3 A2 B1')
    expect(await put(c, 99)).toBe(3)
    expect(await put(a, null)).toBe(1)
    expect(await orderOf('NL')).toBe('C3 B2 A1')
    expect(await put(a, 1)).toBe(1)
    expect(await put(c, -5)).toBe(1)
    expect(await orderOf('NL')).toBe('B3 A2 C1')
    expectError(await as.admin.put(pathOf(a.releasePackageId), { priority: 1.5 }), 400, /^priority: /)
    expectError(await as.admin.put(pathOf(a.releasePackageId), { priority: '2' }), 400, /^priority: /)
  })

  test('leave a gap after a deletion until the next change', async () => {
    const make = given(as.admin)
    const of = (name: string) => make.package({ name, member: { key: 'DK' } })
    const [a, b, c] = [await of('A'), await of('B'), await of('C')] as [Shown, Shown, Shown]
    await as.admin.delete(pathOf(b.releasePackageId))
    expect(await orderOf('DK')).toBe('A3 C1')
    await as.admin.put(pathOf(c.releasePackageId), { priority: 3 })
    expect(await orderOf('DK')).toBe('C2 A1')
    void a
  })

  test('begin at the end for a package that comes from another member', async () => {
    const make = given(as.admin)
    const of = (name: string, key: string) => make.package({ name, member: { key } })
    const wanderer = await of('W', 'ES')
    await of('X', 'ES')
    await of('Y', 'EE')
    const { body } = await as.admin.put(pathOf(wanderer.releasePackageId), { ...wanderer, member: { key: 'EE' } })
    expect([body.member, body.priority]).toEqual([{ key: 'EE' }, 1])
    expect([await orderOf('ES'), await orderOf('EE')]).toEqual(['X1', 'Y2 W1'])
    const nobody = await as.admin.put(pathOf(wanderer.releasePackageId), { member: { key: 'XX' } })
    expectError(nobody, 400, /^Unknown member: 'XX'\. /)
    expect((await as.admin.put(pathOf(wanderer.releasePackageId), { member: null })).body.member).toEqual({ key: 'EE' })
  })

  test('stay a permutation whatever twenty writers do at a time', async () => {
    const make = given(as.admin)
    const member = { key: 'MT' }
    const packages: Shown[] = await Promise.all(
      Array.from({ length: 10 }, (_, index) => make.package({ name: `p${index}`, member })),
    )
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, writer) => {
        const statuses: number[] = []
        for (let step = 0; step < 5; step += 1) {
          const { releasePackageId } = packages[(writer + step * 3) % packages.length] as Shown
          const body = writer % 5 === 4 ? { name: `by ${writer}` } : { priority: ((writer * 7 + step) % 12) - 1 }
          statuses.push((await as.admin.put(pathOf(releasePackageId), body)).status)
        }
        return statuses
      }),
    )
    expect(new Set(answers.flat())).toEqual(new Set([200]))
    const { body } = await as.admin.get(all)
    const priorities = (body as Shown[]).filter(one => one.member.key === 'MT').map(one => one.priority)
    expect(priorities.sort((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, index) => index + 1))
  })

  test('stay permutations when packages change members both ways at a time', async () => {
    const make = given(as.admin)
    const create = (key: string) => make.package({ member: { key } })
    const packages: Shown[] = await Promise.all(['PL', 'PL', 'PT', 'PT'].map(create))
    const answers = await Promise.all(
      packages.map(({ releasePackageId, member }) =>
        as.admin.put(pathOf(releasePackageId), { member: { key: member.key === 'PL' ? 'PT' : 'PL' } }),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    const { body } = await as.admin.get(all)
    for (const key of ['PL', 'PT']) {
      const priorities = (body as Shown[]).filter(one => one.member.key === key).map(one => one.priority)
      expect(new Set(priorities).size).toBe(2)
    }
  })
})

describe('the list', () => {
  test('is in the order of ids and has an entity tag for each kind of viewer', async () => {
    const first = await as.admin.get(all)
    const ids = (first.body as Shown[]).map(one => one.releasePackageId)
    expect(ids).toEqual(ids.toSorted((a, b) => a - b))
    const tag = String(first.headers.etag)
    expect((await as.sweden.get(all, { 'if-none-match': tag })).status).toBe(304)
    expect((await as.anonymous.get(all, { 'if-none-match': tag })).status).toBe(200)
    await as.admin.put(pathOf(ids[0] as number), { name: 'changed' })
    expect((await as.sweden.get(all, { 'if-none-match': tag })).status).toBe(200)
  })
})
