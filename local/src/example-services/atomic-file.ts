import { open, rename } from 'node:fs/promises'

/**
 * Writes a file so that it is there completely or not at all, also after a crash: under another name first, on the disk,
 * then renamed.
 */
export async function writeFileAtomically(path: string, text: string): Promise<void> {
  const partial = `${path}.partial`
  const file = await open(partial, 'w')
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(partial, path)
}
