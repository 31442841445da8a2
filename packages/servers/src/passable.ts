import { stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { SystemUser } from './system-user.ts'

/**
 * The first folder on the way to `path`, itself included, that this user may not pass; null when the way is free.
 * Folders that do not exist yet do not count: whoever makes them makes them passable.
 */
export async function blockedBy(path: string, user: SystemUser): Promise<string | null> {
  const folders: string[] = []
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    folders.unshift(folder)
    if (folder === dirname(folder)) break
  }
  for (const folder of folders) {
    const facts = await stat(folder).catch(() => null)
    if (!facts) return null
    const bit = facts.uid === user.uid ? 0o100 : facts.gid === user.gid ? 0o010 : 0o001
    if ((facts.mode & bit) === 0) return folder
  }
  return null
}
