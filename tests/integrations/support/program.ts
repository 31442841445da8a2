import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { eventually } from '@slipway/testing'

export type RunningProgram = AsyncDisposable & {
  readonly output: string
  /** Resolves when it has said so on its standard output. */
  says(text: string): Promise<void>
  /** Resolves with the exit code. */
  ended(): Promise<number | null>
  /** SIGKILL. */
  kill(): Promise<void>
}

const folder = join(import.meta.dirname, '../../../local/src/integrations')

/** Runs one of the example programs as its users do. */
export function runProgram(
  name: string,
  options: readonly string[],
  environment: Readonly<Record<string, string>>,
): RunningProgram {
  const child: ChildProcess = spawn(process.execPath, [join(folder, name), ...options], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const listen = (chunk: Buffer) => {
    output += chunk.toString()
  }
  child.stdout?.on('data', listen)
  child.stderr?.on('data', listen)
  const exit = once(child, 'exit') as Promise<[number | null]>
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    await exit
  }
  return {
    get output() {
      return output
    },
    async says(text) {
      await eventually(
        () => {
          if (!output.includes(text)) throw new Error(`${name} has not said "${text}", but:\n${output}`)
        },
        { timeoutMs: 60_000 },
      )
    },
    ended: async () => (await exit)[0],
    kill: () => end('SIGKILL'),
    [Symbol.asyncDispose]: () => end('SIGTERM'),
  }
}
