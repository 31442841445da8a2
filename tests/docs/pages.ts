import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

export type Block = {
  /** What follows the fence, e.g. `sh`, or `sh run` of a block that runs as it is printed. */
  readonly info: string
  readonly text: string
  /** Of its first line, from 1. */
  readonly line: number
}

/** Pages for readers, by their path from the root. */
export const pages: readonly string[] = globSync(
  ['README.md', 'docs/*.md', 'local/**/*.md', 'packages/*/*.md', 'services/*/*.md'],
  {
    cwd: root,
    exclude: name => name === 'node_modules',
  },
).toSorted()

export const textOf = (page: string): string => readFileSync(join(root, page), 'utf8')

/** The fenced blocks of a page, without the indentation that they have within lists. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = []
  let open: { indent: string; info: string; lines: string[]; line: number } | undefined
  for (const [index, line] of textOf(page).split('\n').entries()) {
    const [, indent = '', info = ''] = /^( *)```(.*)$/.exec(line) ?? []
    if (!/^ *```/.test(line)) open?.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line)
    else if (open) {
      blocks.push({ info: open.info, text: open.lines.join('\n'), line: open.line })
      open = undefined
    } else open = { indent, info, lines: [], line: index + 2 }
  }
  return blocks
}

/** Blocks of shell commands, run by a test or not. */
export const shellBlocks = (page: string) =>
  blocksOf(page).filter(({ info }) => /^(sh|bash|console)?( run)?$/.test(info))
