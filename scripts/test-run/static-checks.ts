import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from './run-command.ts'

type Check = { readonly name: string; readonly command: readonly string[] }

const always: readonly Check[] = [
  { name: 'format and lint (biome)', command: ['biome', 'check', '--error-on-warnings', '.'] },
  { name: 'types (tsc)', command: ['tsc', '-p', 'tsconfig.json'] },
  { name: 'imports', command: ['node', 'scripts/check-imports.ts'] },
]

/** Runs every check, prints a line for each and the output of those that fail. Returns the names of the latter. */
export async function runStaticChecks(root: string): Promise<readonly string[]> {
  const failed: string[] = []
  for (const { name, command } of [...always, ...contractsCheck(root)]) {
    const { code, output, seconds } = await runCommand(command, { cwd: root, output: 'keep' })
    console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name}, ${seconds.toFixed(1)} s`)
    if (code === 0) continue
    failed.push(`${name}: ${command.join(' ')}`)
    console.log(output.trimEnd())
  }
  return failed
}

/** Old messages must still be accepted and old fields still be sent: the contracts say so themselves, once they do. */
function contractsCheck(root: string): readonly Check[] {
  const manifest = JSON.parse(readFileSync(join(root, 'packages/contracts/package.json'), 'utf8')) as {
    readonly scripts?: Readonly<Record<string, string>>
  }
  if (!manifest.scripts?.check) return []
  return [{ name: 'contracts', command: ['npm', 'run', '--silent', 'check', '-w', 'packages/contracts'] }]
}
