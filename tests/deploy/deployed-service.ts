import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { ServiceName } from '@slipway/contracts'
import { root } from './deploy-files.ts'

export type DeployedService = AsyncDisposable & {
  /** Of the APIs for the gateway, of the health server for others. */
  readonly port: number
  /** Everything it has written so far, line by line. */
  readonly lines: readonly string[]
  /** SIGTERM; resolves with how it ended. */
  stop(): Promise<{ readonly code: number | null; readonly signal: string | null }>
}

/** Starts a service as its image does, with nothing of our own environment, and resolves when it says that it is ready. */
export async function startDeployedService(
  service: ServiceName,
  environment: Readonly<Record<string, string>>,
): Promise<DeployedService> {
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: join(root, 'services', service),
    env: { NODE_ENV: 'production', SLIPWAY_SERVICE_HOST: '127.0.0.1', SLIPWAY_SERVICE_PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  createInterface({ input: child.stderr }).on('line', line => lines.push(line))
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>
  const ready = new Promise<number>(resolve => {
    createInterface({ input: child.stdout }).on('line', line => {
      lines.push(line)
      const { event, port } = line.startsWith('{') ? (JSON.parse(line) as { event?: string; port?: number }) : {}
      if (event === 'ready' && port !== undefined) resolve(port)
    })
  })
  const port = await Promise.race([ready, ended.then(() => undefined)])
  if (port === undefined) throw new Error(`${service} did not start:\n${lines.slice(-10).join('\n')}`)

  async function stop() {
    child.kill('SIGTERM')
    const [code, signal] = await ended
    return { code, signal }
  }
  return { port, lines, stop, [Symbol.asyncDispose]: async () => void (await stop()) }
}
