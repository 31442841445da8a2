import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A tree of files by their paths; package.json files are given as values. */
export type Tree = Readonly<Record<string, string | object>>

export type Fixture = Disposable & { readonly root: string }

/** Writes a tree into a new temporary folder; disposing of it removes it. */
export function writeTree(tree: Tree): Fixture {
  const root = mkdtempSync(join(tmpdir(), 'slipway-tree-'))
  for (const [path, content] of Object.entries(tree)) {
    const file = join(root, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) }
}
