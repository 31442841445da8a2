import { type FileHandle, open, rename, stat } from 'node:fs/promises'

const rotateBytes = 20 * 1024 * 1024

/** Opens a log file to add to it, and tells its size; one that has grown over 20 MiB is put aside as `<file>.1` first. */
export async function openLogFile(file: string): Promise<{ log: FileHandle; size: number }> {
  if ((await sizeOf(file)) >= rotateBytes) await rename(file, `${file}.1`)
  const log = await open(file, 'a')
  // Of the file that is open: one that could not be found a moment ago may be back, with the lines of earlier runs.
  return { log, size: (await log.stat()).size }
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => null))?.size ?? 0
}

/** Reads what was appended since the last call, from byte `offset` on, and returns it as complete lines. */
export function followLines(file: string, offset: number): () => Promise<string[]> {
  let position = offset
  let rest = Buffer.alloc(0)
  return async () => {
    const handle = await open(file, 'r')
    try {
      const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(64 * 1024), position })
      position += bytesRead
      rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
    } finally {
      await handle.close()
    }
    const end = rest.lastIndexOf(0x0a)
    if (end < 0) return []
    const lines = rest.subarray(0, end).toString('utf8').split('\n')
    rest = rest.subarray(end + 1)
    return lines
  }
}

/** The last lines written after byte `offset`, at most `count`, each cut to 400 characters. */
export async function lastLines(file: string, offset: number, count: number): Promise<string[]> {
  const size = await sizeOf(file)
  const from = Math.max(offset, size - 64 * 1024)
  if (size <= from) return []
  const handle = await open(file, 'r')
  try {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(size - from), position: from })
    const lines = buffer.subarray(0, bytesRead).toString('utf8').split('\n')
    return lines
      .filter(line => line.trim() !== '')
      .slice(-count)
      .map(line => line.slice(0, 400))
  } finally {
    await handle.close()
  }
}
