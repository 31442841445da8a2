import { globSync } from 'node:fs'
import { readText, root } from './deploy-files.ts'

/** Names of the durable consumers that the sources of the services declare. */
export function declaredDurables(): string[] {
  const files = globSync('services/*/src/**/*.ts', { cwd: root, exclude: name => name.endsWith('.test.ts') })
  return files.flatMap(file => [...readText(file).matchAll(/\bdurable: '([^']+)'/g)].map(match => match[1] as string))
}
