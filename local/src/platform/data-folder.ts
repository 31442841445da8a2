import { resolve } from 'node:path'

/** What stands in a data folder of ours from its first start on. */
const marks = ['administrator.json', 'launcher.pid', 'postgres', 'nats', 'demo', 'demo-token']
/** What may stand there beside; by itself it says nothing, for others call their things so, too. */
const companions = /^(logs|outbox|accounts\.json|launcher\.pid\.\d+|lost\+found|\.DS_Store)$/
const mebibyte = 1_048_576
/** Five databases, their journal of changes, and a stream; later PostgreSQL must have room for one more journal file. */
const leastBytes = { first: 256 * mebibyte, later: 32 * mebibyte }
const shownEntries = 3

export type DataFolderFacts = {
  /** Names of what is in it. */
  readonly entries: readonly string[]
  /** Null where the file system does not tell. */
  readonly freeBytes: number | null
}

/** Why the platform can not keep its data in this folder, as a sentence; undefined: it can. */
export function dataFolderFault(path: string, { entries, freeBytes }: DataFolderFacts): string | undefined {
  const isOurs = entries.some(entry => marks.includes(entry))
  const foreign = entries.filter(entry => !companions.test(entry))
  if (!isOurs && foreign.length > 0) {
    const shown = foreign.toSorted().slice(0, shownEntries).join(', ')
    const things = foreign.length > shownEntries ? `${shown}, …` : shown
    return `the data folder ${path} holds something else (${things}); ${remedy}`
  }
  const least = isOurs ? leastBytes.later : leastBytes.first
  if (freeBytes !== null && freeBytes < least) {
    const [free, needed] = [freeBytes, least].map(bytes => Math.floor(bytes / mebibyte))
    return `the disk of the data folder ${path} is full: ${free} MiB are left, ${needed} MiB are needed; ${remedy}`
  }
  return undefined
}

const remedy = 'choose an empty or a new one, with room, with SLIPWAY_DATA_DIR'

const reasons: Readonly<Record<string, string>> = {
  EEXIST: 'is a file',
  ENOTDIR: 'is a file, or below one',
  EACCES: 'may not be written by this user',
  EPERM: 'may not be written by this user',
  EROFS: 'is on a file system that can only be read',
  ENOSPC: 'is on a disk that is full',
  EDQUOT: 'is on a disk on which this user may have no more',
}

/** The same for what the operating system said when the folder was made, read or written. */
export function dataFolderProblem(path: string, error: unknown): string {
  const { code = '', message = String(error) } = error as NodeJS.ErrnoException
  const reason = reasons[code] ?? `can not be used: ${message.split('\n')[0]}`
  return `the data folder ${resolve(path)} ${reason}; choose another one with SLIPWAY_DATA_DIR`
}
