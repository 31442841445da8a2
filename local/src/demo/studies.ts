import { createCipheriv, createHash } from 'node:crypto'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Study } from '../example-services/data-service.ts'

/** What the demo's data service has. */
export const studies: readonly Study[] = [
  study('SD_7K3QX2M1', 'Congenital heart defects', '2024-03-04'),
  study('SD_9BHGW4T6', 'Neuroblastoma genomes', '2024-06-18'),
  study('SD_2ZVNR8C5', 'Orofacial clefts in three continents', '2025-01-27'),
  study('SD_5PYDJ0E3', 'Families with Ewing sarcoma', '2025-09-09'),
]

const files = { 'reads.bin': 1_800_000, 'variants.bin': 900_000, 'phenotypes.bin': 300_000 }

function study(kf_id: string, name: string, day: string): Study {
  return { kf_id, name, visible: true, created_at: `${day}T09:00:00Z` }
}

/** Makes a folder of files for each study, 12 MB in all, the same bytes on every machine. */
export async function makeStudyFiles(folder: string): Promise<void> {
  for (const { kf_id } of studies) {
    await mkdir(join(folder, kf_id), { recursive: true })
    for (const [name, bytes] of Object.entries(files)) {
      const path = join(folder, kf_id, name)
      const size = (await stat(path).catch(() => null))?.size
      if (size !== bytes) await writeFile(path, pseudoRandom(`${kf_id}/${name}`, bytes))
    }
  }
}

/** The key stream of a cipher: looks random, costs nothing, and follows from the name. */
function pseudoRandom(name: string, bytes: number): Buffer {
  const key = createHash('sha256').update(name).digest()
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes))
}
