import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { processFacts, waitForEnd } from '../src/processes.ts'

export type Folder = AsyncDisposable & { readonly path: string }

/** A new folder that other system users may pass, as PostgreSQL needs it under root. */
export async function temporaryFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'slipway-servers-'))
  await chmod(path, 0o755)
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

export const isGone = async (pid: number): Promise<boolean> => (await processFacts(pid)) === null

export type Owner = AsyncDisposable & { readonly process: ChildProcess; readonly server: number; readonly url: string }

/** Another process that starts a server on this folder and waits; disposing of it kills it, and waits for the server's end. */
export async function ownerOf(kind: 'postgres' | 'nats', dataDir: string): Promise<Owner> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'start-and-wait.ts'), kind, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const { pid, url } = JSON.parse(line) as { pid: number; url: string }
    return {
      process: child,
      server: pid,
      url,
      async [Symbol.asyncDispose]() {
        child.kill('SIGKILL')
        // It writes into its folder while it stops, which cannot be removed meanwhile.
        await waitForEnd(pid, 10_000)
      },
    }
  }
  throw new Error(`the owner of a ${kind} ended before its server was ready`)
}

/** Kills the shell that would stop the server after its owner's death: the worst case. */
export async function killWatchdogOf(server: number): Promise<void> {
  for (const name of await readdir('/proc')) {
    const command = /^\d+$/.test(name) ? await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '') : ''
    if (command.includes('slipway-watchdog') && command.endsWith(`\0${server}\0`)) process.kill(Number(name), 'SIGKILL')
  }
}
