import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { delimiter, join } from 'node:path'

export type CommandResult = {
  /** 0: success; null: ended by a signal, or never started. */
  readonly code: number | null
  /** Standard output and error as they came; empty when they were shown. */
  readonly output: string
  readonly seconds: number
}

export type CommandOptions = {
  readonly cwd: string
  /** `show` passes output on as it comes, `keep` collects it. */
  readonly output: 'show' | 'keep'
}

/** Runs a program; those of `node_modules/.bin`, Node among them, come before the machine's own. Never rejects. */
export async function runCommand(
  [program = '', ...args]: readonly string[],
  { cwd, output }: CommandOptions,
): Promise<CommandResult> {
  const start = performance.now()
  const kept: Buffer[] = []
  const binaries = join(import.meta.dirname, '../../node_modules/.bin')
  const child = spawn(program, args, {
    cwd,
    stdio: output === 'show' ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: binaries + delimiter + (process.env.PATH ?? ''), TURBO_TELEMETRY_DISABLED: '1' },
  })
  child.stdout?.on('data', (chunk: Buffer) => kept.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => kept.push(chunk))
  const code = await once(child, 'close').then(
    ([exitCode]) => exitCode as number | null,
    error => {
      kept.push(Buffer.from(String(error)))
      return null
    },
  )
  return { code, output: Buffer.concat(kept).toString('utf8'), seconds: (performance.now() - start) / 1000 }
}
