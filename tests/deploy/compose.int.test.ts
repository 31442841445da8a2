import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { serviceNames } from '@slipway/contracts'
import { Ajv } from 'ajv'
import { beforeAll, describe, expect, it } from 'vitest'
import { readText, readYaml, root } from './deploy-files.ts'
import { interpolate, readEnvFile, referencedVariables } from './env-file.ts'
import { readDockerfile } from './read-dockerfile.ts'
import { runtimeVariables, type ServiceConfig, serviceConfig } from './service-config.ts'

type ComposeService = {
  readonly image: string
  readonly build?: { readonly context: string; readonly dockerfile: string; readonly args: Record<string, string> }
  readonly environment?: Record<string, string>
  readonly depends_on?: Record<string, { readonly condition: string }>
  readonly healthcheck?: { readonly test?: readonly string[]; readonly interval?: string }
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
  readonly command?: readonly string[]
  readonly restart?: string
  readonly stop_grace_period?: string
  readonly container_name?: string
  readonly read_only?: boolean
}

type Compose = { readonly services: Record<string, ComposeService>; readonly volumes: Record<string, unknown> }

const path = 'docker-compose.yml'
const [compose] = readYaml(path) as [Compose]
const all = Object.entries(compose.services)
const ours = serviceNames.map(name => [name, compose.services[name] as ComposeService] as const)
const trial = readEnvFile(readText('deploy/.env.example'))
const dockerfile = readDockerfile()

describe('docker-compose.yml', () => {
  it('is a compose file', () => {
    const linter = createRequire(import.meta.url).resolve('dclint/package.json')
    const schema = JSON.parse(readFileSync(join(dirname(linter), 'schemas/compose.schema.json'), 'utf8')) as object
    // The schema names its meta schema by an address that Ajv does not know; it is draft 7 all the same.
    const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile({
      ...schema,
      $schema: 'http://json-schema.org/draft-07/schema#',
    })
    validate(compose)
    expect(validate.errors ?? []).toEqual([])
  })

  it('has the five services, PostgreSQL and NATS', () => {
    expect(Object.keys(compose.services).sort()).toEqual([...serviceNames, 'nats', 'postgres'].sort())
  })

  it.each(all)('%s restarts by itself, stops in time and has a health check', (_name, service) => {
    expect(service.restart).toBe('unless-stopped')
    expect(service.stop_grace_period).toMatch(/^\d+s$/)
    expect(service.healthcheck?.interval).toMatch(/^\d+s$/)
    // The images of the services bring theirs along.
    expect(service.healthcheck?.test ?? (service.build && dockerfile.healthcheck)).toBeTruthy()
  })

  it.each(all)('%s waits for services that exist, until they are healthy', (_name, service) => {
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      expect(compose.services[other], other).toBeDefined()
      expect(condition).toBe('service_healthy')
    }
  })

  it.each(all)('%s mounts files that exist and volumes that are declared', (_name, service) => {
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.split(':')
      if (source.startsWith('.')) expect(existsSync(join(root, source)), source).toBe(true)
      else expect(Object.keys(compose.volumes)).toContain(source)
    }
  })

  it('pins the images of others to a line of versions', () => {
    for (const [name, service] of all)
      if (!service.build) expect(service.image, name).toMatch(/:\d+(\.\d+)?(-alpine)?$/)
  })

  it('keeps the data of PostgreSQL where its image keeps it', () => {
    const [, major] = /^postgres:(\d+)$/.exec(compose.services.postgres?.image ?? '') ?? []
    expect(Number(major)).toBeGreaterThanOrEqual(18)
    expect(compose.services.postgres?.volumes).toContain('postgres:/var/lib/postgresql')
  })
})

describe('a service', () => {
  it.each(ours)('%s is built from the Dockerfile', (name, { build }) => {
    expect(build?.context).toBe('.')
    expect(build?.dockerfile).toBe('deploy/Dockerfile')
    expect(build?.args).toEqual({ SERVICE: name })
    expect(dockerfile.buildArguments).toContain('SERVICE')
    expect(existsSync(join(root, 'services', name, 'package.json'))).toBe(true)
  })

  it.each(ours)('%s can run more than once', (name, service) => {
    expect(service.container_name).toBeUndefined()
    // Two of them cannot have the same port of the machine; the gateway alone has one.
    expect(service.ports === undefined).toBe(name !== 'gateway')
  })

  it.each(ours)('%s waits for PostgreSQL and NATS, and changes nothing in its image', (_name, service) => {
    expect(Object.keys(service.depends_on ?? {}).sort()).toEqual(['nats', 'postgres'])
    expect(service.read_only).toBe(true)
  })

  describe.each(ours)('%s', (name, service) => {
    let config: ServiceConfig
    beforeAll(async () => {
      config = await serviceConfig(name)
    })

    it('gets variables that it reads', () => {
      const read = [...config.variables, ...runtimeVariables]
      for (const variable of Object.keys(service.environment ?? {})) expect(read).toContain(variable)
    })

    it('starts with the values of .env.example', () => {
      const environment = Object.entries(service.environment ?? {}).map(
        ([variable, value]) => [variable, interpolate(String(value), trial)] as const,
      )
      expect(config.faults(Object.fromEntries(environment))).toEqual([])
    })

    it('gets the address of its own database, under its own role and user', () => {
      const database = new URL(interpolate(service.environment?.DATABASE_URL ?? '', trial))
      expect([database.username, database.hostname, database.pathname]).toEqual([name, 'postgres', `/slipway_${name}`])
      expect(database.password).toBe(trial[`DATABASE_PASSWORD_${name.toUpperCase()}`])
      const nats = new URL(interpolate(service.environment?.NATS_URL ?? '', trial))
      expect([nats.username, nats.host]).toEqual([name, 'nats:4222'])
      expect(nats.password).toBe(trial[`NATS_PASSWORD_${name.toUpperCase()}`])
    })
  })
})

describe('settings', () => {
  it('of the compose file and of .env.example are the same', () => {
    const referenced = new Set(referencedVariables(readText(path)))
    expect(Object.keys(trial).sort()).toEqual([...referenced].sort())
  })

  it('are missed before anything starts when there is no .env', () => {
    for (const variable of Object.keys(trial).filter(name => /PASSWORD|TOKEN/.test(name))) {
      const others = { ...trial, [variable]: '' }
      expect(() => interpolate(readText(path), others), variable).toThrow(variable)
    }
  })

  it('reach NATS and PostgreSQL under the names that their files read', () => {
    const read = (text: string, pattern: RegExp) => new Set([...text.matchAll(pattern)].map(match => match[0]))
    const inNats = read(readText('deploy/nats.conf'), /(?<=password: \$)\w+/g)
    expect(new Set(Object.keys(compose.services.nats?.environment ?? {}))).toEqual(inNats)
    const passwords = serviceNames.map(name => `DATABASE_PASSWORD_${name.toUpperCase()}`)
    expect(Object.keys(compose.services.postgres?.environment ?? {})).toEqual(expect.arrayContaining(passwords))
  })

  it('of NATS are quoted, so that any password is read as text', () => {
    for (const value of Object.values(compose.services.nats?.environment ?? {})) expect(value).toMatch(/^"\$\{.*\}"$/)
  })
})
