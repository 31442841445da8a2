import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseAllDocuments } from 'yaml'

export const root = dirname(dirname(import.meta.dirname))

export function deployFile(name: string): string {
  return join(root, 'deploy', name)
}

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** Every document of a YAML file; throws for a file that YAML does not read without an error or a warning. */
export function readYaml(path: string): unknown[] {
  const documents = parseAllDocuments(readText(path), { merge: true, strict: true })
  const faults = documents.flatMap(document => [...document.errors, ...document.warnings])
  if (faults.length > 0) throw new Error(`${path}: ${faults.map(fault => fault.message).join('; ')}`)
  return documents.map(document => document.toJS() as unknown)
}
