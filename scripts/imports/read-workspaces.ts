import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readImports } from './read-imports.ts'

export type SourceFile = {
  /** From the workspace's folder, with `/`. */
  readonly path: string
  readonly imports: readonly string[]
  /** May use what only tests need. */
  readonly isTest: boolean
  /** Declared by a package.json in its folder or above it, below that of the workspace: installed on demand only. */
  readonly onDemand: ReadonlySet<string>
}

export type Workspace = {
  /** From the root of the repository: `packages/bus`, `local`. The scripts count as one: `scripts`. */
  readonly folder: string
  /** Name in its package.json, `@slipway/bus`. */
  readonly name: string
  readonly dependencies: ReadonlySet<string>
  readonly devDependencies: ReadonlySet<string>
  readonly files: readonly SourceFile[]
}

type Manifest = {
  readonly name?: string
  readonly workspaces?: readonly string[]
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** Reads every workspace that the root's package.json names, and the scripts beside them. */
export function readWorkspaces(root: string): readonly Workspace[] {
  const manifest = readManifest(join(root, 'package.json'))
  const folders = (manifest.workspaces ?? [])
    .flatMap(pattern => globSync(`${pattern}/package.json`, { cwd: root }))
    .map(path => dirname(path).replaceAll('\\', '/'))
    .sort()
  const shared = Object.keys(manifest.devDependencies ?? {})
  return [
    ...folders.map(folder => readWorkspace(root, folder, readManifest(join(root, folder, 'package.json')), shared)),
    readWorkspace(root, 'scripts', { name: 'scripts', devDependencies: manifest.devDependencies ?? {} }, []),
  ]
}

function readWorkspace(root: string, folder: string, manifest: Manifest, shared: readonly string[]): Workspace {
  const cwd = join(root, folder)
  const paths = globSync('**/*.ts', {
    cwd,
    exclude: name => name === 'node_modules' || name === 'vitest.config.ts',
  })
  const inner = globSync('*/**/package.json', { cwd, exclude: name => name === 'node_modules' }).map(path => ({
    within: `${dirname(path).replaceAll('\\', '/')}/`,
    declared: Object.keys(readManifest(join(cwd, path)).dependencies ?? {}),
  }))
  return {
    folder,
    name: manifest.name ?? folder,
    dependencies: new Set(Object.keys(manifest.dependencies ?? {})),
    devDependencies: new Set([...Object.keys(manifest.devDependencies ?? {}), ...shared]),
    files: paths
      .map(path => path.replaceAll('\\', '/'))
      .sort()
      .map(path => ({
        path,
        imports: readImports(readFileSync(join(cwd, path), 'utf8')),
        // Scripts run in a checkout only, where all development tools are.
        isTest: folder === 'scripts' || path.startsWith('test/') || /\.test(-d)?\.ts$/.test(path),
        onDemand: new Set(inner.flatMap(({ within, declared }) => (path.startsWith(within) ? declared : []))),
      })),
  }
}

const readManifest = (file: string): Manifest => JSON.parse(readFileSync(file, 'utf8')) as Manifest
