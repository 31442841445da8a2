import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { deflateRawSync } from 'node:zlib'
import { zipEntry } from '@slipway/blobs'
import { temporaryFolder } from '@slipway/testing'
import { describe, expect, it } from 'vitest'
import { type ImportForm, readItems } from './read-items.ts'
import { mostLineBytes } from './split-lines.ts'

/** In pieces of every size, so that each boundary is cut somewhere. */
async function* pieces(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(form: ImportForm, content: string | Buffer, size = 7, most = 100_000_000): Promise<unknown[]> {
  const read: unknown[] = []
  for await (const items of readItems(form, pieces(Buffer.from(content), size), most)) {
    for (const item of items) {
      expect(item.includes(10)).toBe(false)
      read.push(JSON.parse(item.toString('utf8')))
    }
  }
  return read
}
const refusal = async (form: ImportForm, content: string | Buffer, size?: number, most?: number) => {
  const error = await read(form, content, size, most).then(
    () => ({ message: 'nothing was wrong', code: '', details: [] }),
    error => error,
  )
  expect(error.details).toEqual([{ path: ['exception'], reason: 'plain', message: error.message }])
  return `${error.code}: ${error.message}`
}

async function zip(content: string): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of zipEntry('lines.json', pieces(Buffer.from(content), 1000))) parts.push(part)
  return Buffer.concat(parts)
}

const lines = '{"id":"1","name":"ä€😀"}\r\n\n  \n{"id":"2"}\n{"id":"3"}'
const items = [{ id: '1', name: 'ä€😀' }, { id: '2' }, { id: '3' }]

describe.each([1, 2, 3, 5, 7, 64, 100_000])('what was sent, in pieces of %i', size => {
  it('is read as lines, as a list, from an archive and from an object', async () => {
    expect(await read('file', lines, size)).toEqual(items)
    expect(await read('file', `\ufeff${lines}\n`, size)).toEqual(items)
    expect(await read('file', ` ${JSON.stringify(items, null, 2)} `, size)).toEqual(items)
    expect(await read('file', await zip(lines), size)).toEqual(items)
    expect(await read('json', JSON.stringify({ more: [1, { data: 2 }], data: items, last: null }), size)).toEqual(items)
    expect(await read('json', JSON.stringify({ data: lines }), size)).toEqual(items)
  })

  it('is a text with every kind of escape', async () => {
    const text = String.raw`{"data": "{\"id\":\"\\u00e4\u00e4\ud83d\ude00 \\\\ \\\" \\n \/ é😀\"}\n{\"id\": \"\u0032\"}"}`
    expect(await read('json', text, size)).toEqual([{ id: 'ää😀 \\ " \n / é😀' }, { id: '2' }])
  })

  it('is an export file', async () => {
    const file = {
      type: 'Source Version',
      id: 'v1',
      short_code: 'S',
      owner: 'O',
      owner_type: 'Organization',
      released: true,
      extras: { concepts: [1] },
      source: { type: 'Source', id: 'S', name: 'Source', owner: 'O', owner_type: 'Organization' },
      concepts: [{ type: 'Concept', id: 'A' }],
      mappings: [{ type: 'Mapping', id: 'M' }],
      export_time: '1secs',
    }
    const text = JSON.stringify(file).replace('{"type":', '{"type": ')
    expect(await read('file', text, size)).toEqual([
      { type: 'Source', id: 'S', name: 'Source', owner: 'O', owner_type: 'Organization' },
      { type: 'Concept', id: 'A' },
      { type: 'Mapping', id: 'M' },
      {
        ...{ type: 'Source Version', id: 'v1', source: 'S', released: true, extras: { concepts: [1] } },
        ...{ owner: 'O', owner_type: 'Organization' },
      },
    ])
    const version = '{"type": "Source Version", "id": "v1", "source": "S"}'
    expect(await read('file', `${version}\n{"type":"Concept"}`, size)).toEqual([
      { type: 'Source Version', id: 'v1', source: 'S' },
      { type: 'Concept' },
    ])
  })
})

describe('an archive', () => {
  it.each(['stored', 'deflated', 'two', 'encrypted', 'none'])('of another program: %s', async kind => {
    await using folder = await temporaryFolder()
    const program = `
import sys, zipfile
kind, path = sys.argv[1:3]
method = zipfile.ZIP_STORED if kind == 'stored' else zipfile.ZIP_DEFLATED
with zipfile.ZipFile(path, 'w', method) as archive:
    if kind != 'none':
        archive.writestr('a.json', sys.argv[3])
    if kind == 'two':
        archive.writestr('b.json', '{}')
if kind == 'encrypted':
    content = bytearray(open(path, 'rb').read())
    content[6] |= 1
    open(path, 'wb').write(content)`
    const path = join(folder.path, 'archive.zip')
    await writeFile(path, '')
    await promisify(execFile)('python3', ['-c', program, kind, path, lines])
    const archive = await readFile(path)
    if (kind === 'two') expect(await refusal('file', archive)).toContain('holds 2 files instead of one')
    else if (kind === 'encrypted') expect(await refusal('file', archive)).toContain('encrypted')
    else if (kind === 'none') expect(await refusal('file', archive)).toMatch(/^malformed: .*(?:no file|not usable)/)
    else for (const size of [1, 13, 100_000]) expect(await read('file', archive, size)).toEqual(items)
  })

  it('may have folders in it, and what macOS adds, in front of its file and behind it', async () => {
    await using folder = await temporaryFolder()
    const program = `
import os, sys, zipfile
path, lines, form = sys.argv[1:4]
with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
    if form == 'streamed':
        # Sizes stand behind what they are of.
        archive._seekable = False
    archive.writestr('dictionary/', '')
    archive.writestr('dictionary/.DS_Store', bytes(6148))
    archive.writestr('dictionary/export.json', lines)
    archive.writestr('__MACOSX/', '')
    archive.writestr('__MACOSX/dictionary/._export.json', os.urandom(163))
    if form == 'two':
        archive.writestr('dictionary/other.json', lines)
    if form == 'huge':
        archive.writestr('__MACOSX/._huge', bytes(3_000_000))`
    const written = async (form: string) => {
      const path = join(folder.path, `${form}.zip`)
      await promisify(execFile)('python3', ['-c', program, path, lines, form])
      return readFile(path)
    }
    for (const form of ['seekable', 'streamed', 'huge']) {
      for (const size of [1, 13, 100_000]) expect(await read('file', await written(form), size)).toEqual(items)
    }
    expect(await refusal('file', await written('two'))).toContain('holds 2 files instead of one')
  })

  it('of folders only has no file in it', async () => {
    const header = (name: string) => {
      const bytes = Buffer.alloc(30)
      bytes.write('PK\u0003\u0004', 'latin1')
      bytes.writeUInt16LE(name.length, 26)
      return Buffer.concat([bytes, Buffer.from(name)])
    }
    const end = Buffer.alloc(30)
    end.write('PK\u0001\u0002', 'latin1')
    expect(await refusal('file', Buffer.concat([header('a/'), header('a/b/'), end]))).toContain(
      'there is no file in it',
    )
    const bomb = header('__MACOSX/._bomb')
    bomb.writeUInt16LE(8, 8)
    const packed = deflateRawSync(Buffer.alloc(20_000_000))
    expect(await refusal('file', Buffer.concat([bomb, packed, end]))).toContain('too much in it beside a file')
  })

  it('that is damaged or cut off is refused, wherever', async () => {
    const archive = await zip(lines)
    for (let cut = 4; cut < archive.length; cut += 1) {
      expect(await refusal('file', archive.subarray(0, cut), 50)).toMatch(/^malformed: /)
    }
    const crc = archive.lastIndexOf(Buffer.from('PK\u0001\u0002')) + 16
    const wrong = Buffer.from(archive)
    wrong[crc] = (wrong[crc] ?? 0) ^ 1
    expect(await refusal('file', wrong)).toContain('damaged')
    wrong.set(Buffer.alloc(20, 0xff), 40)
    expect(await refusal('file', wrong)).toMatch(/^malformed: /)
  })

  it('may not unfold without end', async () => {
    const bomb = (content: Buffer) => {
      const header = Buffer.alloc(30)
      header.write('PK\u0003\u0004', 'latin1')
      header.writeUInt16LE(8, 8)
      return Buffer.concat([header, deflateRawSync(content)])
    }
    const oneLine = bomb(Buffer.alloc(20_000_000, '['))
    expect(oneLine.length).toBeLessThan(30_000)
    expect(await refusal('file', oneLine, 4096)).toMatch(/^too_large: .*line 1: longer than/)
    const blankLines = bomb(Buffer.alloc(20_000_000, '\n'))
    expect(await refusal('file', blankLines, 4096, 10_000_000)).toBe(
      'too_large: The lines are more than 10000000 bytes.',
    )
  })
})

describe('what cannot be read is refused with the line', () => {
  it.each([
    ['file', '', 'malformed: Invalid input.'],
    ['file', ' \n\n ', 'malformed: Invalid input.'],
    ['file', '[]', 'malformed: Invalid input.'],
    ['file', '{"a":1}\nno json', 'malformed: Failed to parse input. (line 2: '],
    ['file', '{"a":1}\n\n{"a":', 'malformed: Failed to parse input. (line 3: '],
    ['file', '[{"a":1},]', "malformed: Failed to parse input. (unexpected ']')"],
    ['file', '[{"a":1} {"a":1}]', "malformed: Failed to parse input. (unexpected '{', expected ']')"],
    ['file', '[{"a":1}', "malformed: Failed to parse input. (unexpected end, expected ']')"],
    ['file', '[{"a":1}] x', "malformed: Failed to parse input. (unexpected 'x' after the end)"],
    ['file', '[{"a":x}]', 'malformed: Failed to parse input. (line 1: '],
    ['file', Buffer.from('{"a":"\xe4"}', 'latin1'), 'malformed: Failed to parse input. (line 1: not valid UTF-8)'],
    ['file', Buffer.from('\ufeff{"a":1}', 'utf16le'), 'malformed: Failed to parse input. (the text is UTF-16'],
    ['file', `{"a":${'['.repeat(600)}${']'.repeat(600)}}`, 'malformed: Failed to parse input. (line 1: more than 500'],
    [
      'file',
      `{"a":[${'{},'.repeat(500_001)}{}]}`,
      'malformed: Failed to parse input. (line 1: more than 500000 values',
    ],
    ['file', `{"a":"${'x'.repeat(mostLineBytes)}"}`, 'too_large: Failed to parse input. (line 1: longer than'],
    ['json', '[{"type":"Concept"}]', 'malformed: Invalid input.'],
    ['json', '{}', 'malformed: Invalid input.'],
    ['json', '{"data": 5}', 'malformed: Invalid input.'],
    ['json', '{"data": ""}', 'malformed: Invalid input.'],
    ['json', '{"data": []}', 'malformed: Invalid input.'],
    ['json', '{"data": [{}]', "malformed: Failed to parse input. (unexpected end, expected '}')"],
    ['json', '{"data": "{}', "malformed: Failed to parse input. (unexpected end, expected '\"')"],
    ['json', '{"data": "{}\nx"}', 'malformed: Failed to parse input. ('],
    ['json', '{"file_url": "http://elsewhere/"}', 'malformed: Invalid input. Files are not fetched'],
    ['json', 'x', 'malformed: Invalid input.'],
  ] as const)('%s %.40s', async (form, content, message) => {
    const text = await refusal(form, content as string)
    expect(text.slice(0, message.length)).toBe(message)
  })
})
