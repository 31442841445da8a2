import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pages, root, shellBlocks, textOf } from './pages.ts'

type Manifest = { readonly scripts?: Readonly<Record<string, string>> }
const manifest = (folder: string) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest

/** Lines of a page that match, with where they are. */
const linesWith = (page: string, pattern: RegExp) =>
  textOf(page)
    .split('\n')
    .flatMap((line, index) => (pattern.test(line) ? [`${page}:${index + 1}: ${line.trim()}`] : []))

/** A line as the shell sees it, without what is quoted and without comments. */
const unquoted = (line: string) => line.replaceAll(/'[^']*'|"(?:\\.|[^"\\])*"/g, '').replace(/(^|\s)#.*$/, '')

describe.each(pages)('%s', page => {
  it('starts programs by npm, which puts the right Node first', () => {
    expect(linesWith(page, /\bnode (?:-\S+ )*[\w./-]+\.[cm]?ts\b/)).toEqual([])
  })

  it('quotes addresses that shells would take for a pattern or a second command', () => {
    const loose = shellBlocks(page).flatMap(({ text, line }) =>
      text
        .replaceAll(/'[^']*'/g, quoted => quoted.replaceAll(/[^\n]/g, '_'))
        .split('\n')
        .flatMap((command, index) =>
          /\w+:\/\/\S*[?&*[]/.test(unquoted(command)) ? [`${page}:${line + index}: ${command}`] : [],
        ),
    )
    expect(loose).toEqual([])
  })

  it('names npm scripts that there are', () => {
    const named = [...textOf(page).matchAll(/\bnpm run (?:--silent )?([a-z][\w:-]*)(?: -w ([\w/-]+))?/g)]
    const missing = named.filter(([, script = '', folder = '.']) => manifest(folder).scripts?.[script] === undefined)
    expect(missing.map(([text]) => text)).toEqual([])
  })
})

it('the Node that the first page asks for is one that no package warns about', () => {
  const asked = Number(/Node\.js (\d+)/.exec(textOf('README.md'))?.[1])
  type Lock = { readonly packages: Readonly<Record<string, { readonly engines?: { readonly node?: string } }>> }
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock
  const wanted = Object.entries(lock.packages).flatMap(([name, { engines }]) =>
    engines?.node === undefined ? [] : [{ name, range: engines.node }],
  )
  expect(wanted.length).toBeGreaterThan(100)
  expect(wanted.filter(({ range }) => !allows(range, asked))).toEqual([])
})

/** Whether a range of versions has the last ones of a major version in it. */
function allows(range: string, major: number): boolean {
  return range.split('||').some(part => {
    const bounds = [...part.matchAll(/(>=|<=|>|<|\^|~)?\s*v?(\d+|\*)/g)].filter(
      ({ index }) => index === 0 || /[\s<>=^~]/.test(part[index - 1] ?? ''),
    )
    return bounds.every(([, sign = '', version = '*']) => {
      if (version === '*') return true
      if (sign === '>=' || sign === '>') return major >= Number(version)
      if (sign === '<' || sign === '<=') return major < Number(version)
      return major === Number(version)
    })
  })
}
