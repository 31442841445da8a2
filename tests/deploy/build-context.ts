import { globSync } from 'node:fs'
import { dirname } from 'node:path'
import { readText, root } from './deploy-files.ts'

type Rule = { readonly pattern: RegExp; readonly admits: boolean }

/** Files that a build of an image gets, by the rules of .dockerignore: the last one that matches decides. */
export function buildContext(): string[] {
  const rules = readRules(readText('.dockerignore'))
  return globSync('**/*', { cwd: root, exclude: ['**/node_modules/**', '.git/**'], withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => `${entry.parentPath}/${entry.name}`.slice(root.length + 1))
    .filter(file => isAdmitted(file, rules))
}

/** A file goes the way of the folders that it is in, unless a rule names it more closely. */
export function isAdmitted(file: string, rules: readonly Rule[] = readRules(readText('.dockerignore'))): boolean {
  const itself = [file, ...foldersOf(file)]
  let admitted = true
  for (const { pattern, admits } of rules) if (itself.some(path => pattern.test(path))) admitted = admits
  return admitted
}

function foldersOf(file: string): string[] {
  const folder = dirname(file)
  return folder === '.' ? [] : [folder, ...foldersOf(folder)]
}

function readRules(text: string): Rule[] {
  const lines = text.split('\n').filter(line => line.trim() !== '' && !line.startsWith('#'))
  return lines.map(line => ({ pattern: patternOf(line.replace(/^!/, '')), admits: line.startsWith('!') }))
}

/** Patterns of .dockerignore are those of Go's filepath.Match, with `**` for any number of folders; `*` takes dot files, too. */
function patternOf(text: string): RegExp {
  const source = text
    .replaceAll(/[.+^$()|[\]{}]/g, '\\$&')
    .replaceAll(
      /\*\*\/|\*\*|\*|\?/g,
      wildcard => ({ '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' })[wildcard] ?? '',
    )
  return new RegExp(`^${source}$`)
}
