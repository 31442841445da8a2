import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { ContractDocument } from './contract-document.ts'

export const releasedFile = fileURLToPath(new URL('../../schemas/v1.json', import.meta.url))

/** The contracts of the last release; `undefined` before the first one. */
export async function readReleased(): Promise<ContractDocument | undefined> {
  const text = await readFile(releasedFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return text === undefined ? undefined : (JSON.parse(text) as ContractDocument)
}

export async function writeReleased(contracts: ContractDocument): Promise<void> {
  await writeFile(releasedFile, `${JSON.stringify(contracts, null, 2)}\n`)
}
