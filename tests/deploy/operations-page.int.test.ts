import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { operations, type ServiceName, serviceNames } from '@slipway/contracts'
import { describe, expect, it } from 'vitest'
import { readText, root } from './deploy-files.ts'
import { serviceConfig } from './service-config.ts'

const path = 'docs/operations.md'
const page = readText(path)

/** The text below a heading, up to the next one of the same level or above. */
function section(heading: string): string {
  const [, marks = ''] = /^(#+) /.exec(heading) ?? []
  const start = page.indexOf(`\n${heading}\n`)
  expect(start, heading).toBeGreaterThan(0)
  const text = page.slice(start + heading.length + 2)
  const end = text.search(new RegExp(`^#{1,${marks.length}} `, 'm'))
  return end < 0 ? text : text.slice(0, end)
}

/** Variable and default of each row of a table of settings. */
function documented(heading: string): Record<string, string> {
  const rows = section(heading).matchAll(/^\| `([A-Z0-9_]+)` \| .* \| `?([^|`]+)`? \|$/gm)
  return Object.fromEntries([...rows].map(([, name, value]) => [name as string, value as string]))
}

describe('docs/operations.md', () => {
  const common = documented('### Every service')

  it.each(serviceNames)('lists the settings of %s with their defaults', async (name: ServiceName) => {
    const config = await serviceConfig(name)
    const actual = Object.fromEntries(config.variables.map(variable => [variable, config.defaultOf(variable)]))
    expect({ ...common, ...documented(`### ${name}`) }).toEqual(actual)
  })

  it('names subjects of operations that there are', () => {
    const known = new Set(operations.map(operation => operation.subject))
    const named = [...page.matchAll(/slipway\.v1\.(?!event\.)([a-z<>]+)\.[a-z-]+\.[a-z-]+/g)].map(match => match[0])
    expect(named.length).toBeGreaterThan(5)
    for (const subject of named) expect(known, subject).toContain(subject.replace('<service>', 'coordinator'))
  })

  it('links to headings and files that there are', () => {
    const anchors = [...page.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    )
    for (const [, target = ''] of page.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      const [file = '', anchor] = target.split('#')
      if (file === '') expect(anchors).toContain(anchor)
      else expect(existsSync(join(root, dirname(path), file)), target).toBe(true)
    }
    for (const [, file = ''] of page.matchAll(/`(deploy\/[\w./-]+)`/g))
      expect(existsSync(join(root, file)), file).toBe(true)
  })
})
