import { parseExact } from '@slipway/contracts'
import { unboundExtras } from '../source/study-binding.ts'
import { jsonReader } from './json-reader.ts'
import { mostLineBytes, tooLong } from './split-lines.ts'

type Members = Readonly<Record<string, unknown>>

const rows = ['concepts', 'mappings']

/**
 * An export file, or the answer of a source with its rows, as lines: the source, its concepts and mappings in the order of
 * the file, and the version that it is. Objects without such rows are lines already.
 */
export async function* exportItems(text: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer[], void, void> {
  const reader = jsonReader(text)
  while ((await reader.peek()) !== undefined) {
    const members: Record<string, unknown> = Object.create(null)
    let hasRows = false
    let held = 0
    for await (const name of reader.members()) {
      if (!rows.includes(name) || (await reader.peek()) !== '[') {
        const value = await reader.value()
        held += name.length + value.length
        if (held > mostLineBytes) throw tooLong(1)
        members[name] = parseExact(value.toString('utf8'))
        continue
      }
      if (!hasRows) yield [sourceLine(members)]
      hasRows = true
      yield* reader.items()
    }
    if (!hasRows) yield [Buffer.from(JSON.stringify(members))]
    else if (members.type === 'Source Version') yield [versionLine(members)]
  }
}

function sourceLine(members: Members): Buffer {
  const given = typeof members.source === 'object' && members.source !== null ? (members.source as Members) : members
  const { extras } = given
  const isObject = typeof extras === 'object' && extras !== null && !Array.isArray(extras)
  const source = {
    ...given,
    id: given.short_code ?? given.id,
    ...(isObject && { extras: unboundExtras(extras as Members) }),
  }
  return Buffer.from(JSON.stringify({ ...source, type: 'Source' }))
}

function versionLine(members: Members): Buffer {
  const { id, released, description, external_id, version_external_id, extras, owner, owner_type } = members
  const fields = { released, description, external_id, version_external_id, extras, owner, owner_type }
  return Buffer.from(JSON.stringify({ type: 'Source Version', id, source: members.short_code, ...fields }))
}
