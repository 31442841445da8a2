import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** Places of programs that are often missing from the PATH of services and of plain users. */
const usualFolders = ['/usr/local/bin', '/usr/local/sbin', '/usr/bin', '/usr/sbin', '/opt/homebrew/bin', '/snap/bin']

/** Path of an executable of this name, on the PATH first and then in the usual places; null when there is none. */
export async function findProgram(name: string, path = process.env.PATH ?? ''): Promise<string | null> {
  for (const folder of [...path.split(delimiter).filter(Boolean), ...usualFolders]) {
    const file = join(folder, name)
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file
  }
  return null
}
