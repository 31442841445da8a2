import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { findProgram } from './find-program.ts'

type Command = readonly [program: string, ...args: string[]]

type PackageManager = {
  readonly program: string
  readonly commands: readonly Command[]
  /** Homebrew refuses to run as root; the others need it. */
  readonly asRoot: boolean
}

const packageManagers: readonly PackageManager[] = [
  {
    program: 'apt-get',
    commands: [
      ['apt-get', 'update'],
      ['apt-get', 'install', '-y', '--no-install-recommends', 'nats-server'],
    ],
    asRoot: true,
  },
  { program: 'apk', commands: [['apk', 'add', '--no-cache', 'nats-server']], asRoot: true },
  { program: 'dnf', commands: [['dnf', 'install', '-y', 'nats-server']], asRoot: true },
  { program: 'brew', commands: [['brew', 'install', 'nats-server']], asRoot: false },
]

export type InstallPlan = { readonly manager: string; readonly commands: readonly Command[] }

/** Who asks, and which programs the machine has. */
export type Installer = { readonly root: boolean; readonly has: (program: string) => boolean }

/** How `nats-server` gets onto this machine; null when nothing here can install it, or may without being asked. */
export function planInstallation({ root, has }: Installer): InstallPlan | null {
  for (const { program, commands, asRoot } of packageManagers) {
    if (!has(program)) continue
    if (asRoot === root) return { manager: program, commands }
    // `-n`: never ask for a password.
    if (asRoot && has('sudo')) {
      return { manager: `sudo ${program}`, commands: commands.map(command => ['sudo', '-n', ...command]) }
    }
  }
  return null
}

/** Installs `nats-server` with the system's packages. Null on success, else a sentence that says why not. */
export async function installNats(log: (line: string) => void): Promise<string | null> {
  const programs = [...packageManagers.map(manager => manager.program), 'sudo']
  const found = new Map(await Promise.all(programs.map(async name => [name, await findProgram(name)] as const)))
  const plan = planInstallation({ root: process.getuid?.() === 0, has: name => found.get(name) != null })
  if (!plan) return 'no package manager that this user may use was found'
  log(`NATS: no nats-server and no Docker engine found, installing nats-server with ${plan.manager}`)
  for (const [program, ...args] of plan.commands) {
    const failed = await runQuietly(program, args)
    if (failed) return `"${[program, ...args].join(' ')}" failed: ${failed}`
  }
  return null
}

async function runQuietly(program: string, args: readonly string[]): Promise<string | null> {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  let output = ''
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString('utf8')).slice(-2_000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  try {
    const [code] = await once(child, 'close')
    return code === 0 ? null : output.trim().split('\n').slice(-2).join(' | ') || `exit code ${code}`
  } catch (error) {
    return (error as Error).message
  }
}
