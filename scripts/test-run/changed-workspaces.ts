import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/**
 * The folders of the workspaces that changed since the branch left `base`, also by what is not committed, and of those that
 * depend on them. What lies in no workspace (documents, deployment) is tested in `tests`.
 * @throws Error if `base` names no commit
 */
export function changedWorkspaces(root: string, base: string, workspaces: readonly string[]): readonly string[] {
  const output = (program: string, args: readonly string[]): string =>
    execFileSync(program, args, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TURBO_SCM_BASE: base },
    })
  const files = [
    ...output('git', ['diff', '--name-only', '--merge-base', base]).split('\n'),
    ...output('git', ['ls-files', '--others', '--exclude-standard']).split('\n'),
  ].filter(Boolean)
  const turbo = join(import.meta.dirname, '../../node_modules/.bin/turbo')
  const { packages } = JSON.parse(output(turbo, ['ls', '--affected', '--output=json'])) as {
    readonly packages: { readonly items: readonly { readonly path: string }[] }
  }
  const changed = new Set(packages.items.map(({ path }) => path))
  const isElsewhere = (file: string) => ![...workspaces, 'scripts'].some(folder => file.startsWith(`${folder}/`))
  if (files.some(isElsewhere)) changed.add('tests')
  return workspaces.filter(folder => changed.has(folder))
}
