import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { crc32, inflateRawSync } from 'node:zlib'
import { temporaryFolder } from '@slipway/testing'
import { describe, expect, it } from 'vitest'
import { zipEntry } from './zip-entry.ts'

const run = promisify(execFile)

async function* pieces(...parts: Uint8Array[]) {
  yield* parts
}

const archive = (content: AsyncIterable<Uint8Array>, zip64 = false) =>
  buffer(zipEntry('export.json', content, { zip64, modified: new Date('2026-11-21') }))

/** Reads the central directory by itself, so that the sizes in it are checked, too. */
function unpack(zip: Buffer): { name: string; content: Buffer } {
  const end = zip.lastIndexOf(Buffer.from('PK\u0005\u0006'))
  expect(zip.readUInt16LE(end + 10)).toBe(1)
  const central = zip.readUInt32LE(end + 16)
  expect(zip.readUInt32LE(central)).toBe(0x02014b50)
  const [crc, packed, size] = [16, 20, 24].map(offset => zip.readUInt32LE(central + offset)) as [number, number, number]
  const nameLength = zip.readUInt16LE(26)
  const data = 30 + nameLength + zip.readUInt16LE(28)
  const content = inflateRawSync(zip.subarray(data, data + packed))
  expect(content.length).toBe(size)
  expect(crc32(content)).toBe(crc)
  return { name: zip.toString('utf8', 30, 30 + nameLength), content }
}

describe('an archive of one entry', () => {
  it('gives its content back, whatever pieces it came in', async () => {
    const parts = [randomBytes(70_000), Buffer.alloc(0), Buffer.alloc(300_000, 'a'), Buffer.from('end')]
    const { name, content } = unpack(await archive(pieces(...parts)))
    expect(name).toBe('export.json')
    expect(content.equals(Buffer.concat(parts))).toBe(true)
  })

  it('may be empty', async () => {
    expect(unpack(await archive(pieces())).content.length).toBe(0)
  })

  it('is the same for the same content and time', async () => {
    const one = await archive(pieces(Buffer.from('{"a":1}')))
    expect(one.equals(await archive(pieces(Buffer.from('{"a"'), Buffer.from(':1}'))))).toBe(true)
  })

  it.each([false, true])('is read by another reader of archives, zip64: %s', async zip64 => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'export.zip')
    await writeFile(file, await archive(pieces(Buffer.from('{"type": "Source Version"}')), zip64))
    const program =
      'import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nprint(z.namelist(), z.read("export.json").decode())'
    const { stdout } = await run('python3', ['-c', program, file])
    expect(stdout.trim()).toBe(`['export.json'] {"type": "Source Version"}`)
  })

  it('fails as its source fails', async () => {
    async function* broken() {
      yield Buffer.from('some')
      throw new Error('the source broke')
    }
    await expect(archive(broken())).rejects.toThrow('the source broke')
  })
})
