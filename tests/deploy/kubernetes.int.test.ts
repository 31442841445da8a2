import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { serviceNames } from '@slipway/contracts'
import { temporaryFolder } from '@slipway/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { deployFile, readText, readYaml, root } from './deploy-files.ts'
import { interpolate, readEnvFile } from './env-file.ts'
import { type Manifest, manifestFaults } from './kubernetes-schema.ts'
import { readDockerfile } from './read-dockerfile.ts'
import { runtimeVariables, type ServiceConfig, serviceConfig } from './service-config.ts'

type Probe = { readonly httpGet: { readonly path: string; readonly port: string } }
type Reference = { readonly name: string; readonly key: string }
type Variable = { readonly name: string; readonly value?: string; readonly valueFrom?: { secretKeyRef: Reference } }
type Container = {
  readonly name: string
  readonly image: string
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
  readonly env?: readonly Variable[]
  readonly envFrom?: readonly { configMapRef?: { name: string }; secretRef?: { name: string } }[]
  readonly startupProbe: Probe
  readonly livenessProbe: Probe
  readonly readinessProbe: Probe
  readonly resources: { readonly requests: Record<string, string>; readonly limits: Record<string, string> }
  readonly securityContext: object
}
type Pod = {
  readonly containers: readonly [Container]
  readonly securityContext: object
  readonly terminationGracePeriodSeconds: number
}
type Workload = Manifest & {
  readonly spec: {
    readonly replicas: number
    readonly selector: { readonly matchLabels: Record<string, string> }
    readonly strategy: { readonly rollingUpdate: object }
    readonly template: { readonly metadata: { readonly labels: Record<string, string> }; readonly spec: Pod }
  }
}
type Settings = Manifest & { readonly data?: Record<string, string>; readonly stringData?: Record<string, string> }

const folder = 'deploy/kubernetes'
const manifestsIn = (path: string) => (readYaml(path) as Manifest[]).filter(({ kind }) => kind !== 'Kustomization')
const base = readdirSync(join(root, folder, 'base')).flatMap(file => manifestsIn(`${folder}/base/${file}`))
const secrets = manifestsIn(`${folder}/secrets.example.yaml`) as Settings[]
const trial = readEnvFile(readText('deploy/.env.example'))

function find<Kind extends Manifest>(manifests: readonly Manifest[], kind: string, name: string): Kind {
  const found = manifests.find(manifest => manifest.kind === kind && manifest.metadata.name === name)
  if (!found) throw new Error(`there is no ${kind} ${name}`)
  return found as Kind
}

const containerOf = (workload: Workload): Container => workload.spec.template.spec.containers[0]
const titled = (manifests: readonly Manifest[]) =>
  manifests.map(manifest => [`${manifest.kind} ${manifest.metadata.name}`, manifest] as const)

describe('every manifest', () => {
  const servers = ['postgres', 'nats'].flatMap(name => manifestsIn(`${folder}/overlays/trial/${name}.yaml`))

  it.each(titled([...base, ...secrets, ...servers]))('%s is one', async (_title, manifest) => {
    expect(await manifestFaults(manifest)).toEqual([])
  })
})

describe.each(['base', 'overlays/trial'])('the kustomization of %s', name => {
  const [kustomization] = readYaml(`${folder}/${name}/kustomization.yaml`) as [
    { resources: string[]; patches?: { path: string }[]; configMapGenerator?: { files: string[] }[] },
  ]
  const named = [
    ...kustomization.resources,
    ...(kustomization.patches ?? []).map(({ path }) => path),
    ...(kustomization.configMapGenerator ?? []).flatMap(({ files }) => files.map(file => file.replace(/^.*=/, ''))),
  ]

  it('names files that exist', () => {
    for (const file of named) expect(existsSync(join(root, folder, name, file)), file).toBe(true)
  })

  it('leaves no manifest out', () => {
    const files = readdirSync(join(root, folder, name)).filter(file => /\.yaml$/.test(file))
    expect(named).toEqual(expect.arrayContaining(files.filter(file => file !== 'kustomization.yaml')))
  })
})

describe.each(serviceNames)('the deployment of %s', name => {
  const deployment = find<Workload>(base, 'Deployment', name)
  const pod = deployment.spec.template.spec
  const container = containerOf(deployment)
  const given: Record<string, string> = {}
  let config: ServiceConfig

  beforeAll(async () => {
    config = await serviceConfig(name)
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      if (configMapRef) Object.assign(given, find<Settings>(base, 'ConfigMap', configMapRef.name).data)
      if (secretRef) Object.assign(given, find<Settings>(secrets, 'Secret', secretRef.name).stringData)
    }
    for (const { name: variable, value } of container.env ?? []) given[variable] = value ?? ''
  })

  it('gets variables that the service reads, and starts with them', () => {
    const read = [...config.variables, ...runtimeVariables]
    for (const variable of Object.keys(given)) expect(read).toContain(variable)
    expect(config.faults(given)).toEqual([])
  })

  it('gets a Secret of its own, for its own database and user', () => {
    expect(new URL(given.DATABASE_URL ?? '').pathname).toBe(`/slipway_${name}`)
    expect(new URL(given.DATABASE_URL ?? '').username).toBe(name)
    expect(new URL(given.NATS_URL ?? '').username).toBe(name)
  })

  it('is asked for its health where the image answers', () => {
    const port = container.ports.find(({ name: portName }) => portName === 'health')
    expect(given.SLIPWAY_SERVICE_PORT).toBe(String(port?.containerPort))
    const image = readDockerfile()
      .stages.at(-1)
      ?.instructions.find(({ name: keyword }) => keyword === 'EXPOSE')
    expect(image?.text).toBe(given.SLIPWAY_SERVICE_PORT)
    expect(container.startupProbe.httpGet).toEqual({ path: '/healthz', port: 'health' })
    expect(container.livenessProbe.httpGet).toEqual({ path: '/healthz', port: 'health' })
    expect(container.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'health' })
  })

  it('keeps two replicas while it is updated or a node is drained', () => {
    expect(deployment.spec.replicas).toBe(2)
    expect(deployment.spec.strategy.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 })
    expect(deployment.spec.template.metadata.labels).toMatchObject(deployment.spec.selector.matchLabels)
    const budget = find<Manifest & { spec: { selector: object; minAvailable: number } }>(
      base,
      'PodDisruptionBudget',
      name,
    )
    expect(budget.spec).toEqual({ minAvailable: 1, selector: deployment.spec.selector })
  })

  it('has longer to stop than running calls get to end', () => {
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(30)
  })

  it('runs with nothing it does not need', () => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
    expect(pod).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false })
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    expect(Object.keys(container.resources.requests)).toEqual(['cpu', 'memory'])
    expect(Object.keys(container.resources.limits)).toEqual(['cpu', 'memory'])
    expect(container.image).toBe(`slipway/${name}`)
  })
})

describe('the gateway', () => {
  it('is reached through a Service at the port of its APIs', () => {
    type Service = Manifest & { spec: { selector: object; ports: { targetPort: string }[] } }
    const service = find<Service>(base, 'Service', 'gateway')
    const deployment = find<Workload>(base, 'Deployment', 'gateway')
    expect(service.spec.selector).toEqual(deployment.spec.selector.matchLabels)
    const container = containerOf(deployment)
    const target = container.ports.find(({ name }) => name === service.spec.ports[0]?.targetPort)
    expect(container.env).toContainEqual({ name: 'SLIPWAY_PORT', value: String(target?.containerPort) })
    expect(container.env).toContainEqual({ name: 'SLIPWAY_HOST', value: '0.0.0.0' })
  })
})

describe('the trial overlay', () => {
  const overlay = `${folder}/overlays/trial`

  /** Values as a container sees them: from the Secret made of .env.example, and put together with `$(NAME)`. */
  function environment(container: Container): Record<string, string> {
    const values: Record<string, string> = {}
    for (const { name, value, valueFrom } of container.env ?? []) {
      if (valueFrom) {
        expect(valueFrom.secretKeyRef.name).toBe('slipway-passwords')
        expect(trial).toHaveProperty(valueFrom.secretKeyRef.key)
      }
      const text = valueFrom ? (trial[valueFrom.secretKeyRef.key] ?? '') : (value ?? '')
      values[name] = text.replaceAll(/\$\((\w+)\)/g, (_all, variable: string) => values[variable] ?? '')
    }
    return values
  }

  it.each(serviceNames)('gives %s what docker-compose.yml gives it', name => {
    const patch = find<Workload>(manifestsIn(`${overlay}/${name}.yaml`), 'Deployment', name)
    const [compose] = readYaml('docker-compose.yml') as [{ services: Record<string, { environment: object }> }]
    const expected = compose.services[name]?.environment as Record<string, string>
    const addresses = Object.fromEntries(
      [
        'DATABASE_URL',
        'NATS_URL',
        ...(name === 'gateway' ? ['SLIPWAY_ADMIN_TOKEN', 'SLIPWAY_ADMIN_PASSWORD'] : []),
      ].map(variable => [variable, interpolate(expected[variable] ?? '', trial)]),
    )
    expect(environment(containerOf(patch))).toMatchObject(addresses)
  })

  it('gives NATS a password for every user, in quotes', () => {
    const nats = find<Workload>(manifestsIn(`${overlay}/nats.yaml`), 'StatefulSet', 'nats')
    const values = environment(containerOf(nats))
    for (const [, variable = ''] of readText('deploy/nats.conf').matchAll(/password: \$(\w+)/g)) {
      expect(values[variable], variable).toBe(`"${trial[variable]}"`)
    }
  })

  it.skipIf(spawnSync('kubectl', ['version', '--client']).status !== 0)('is put together by kubectl', async () => {
    await using copy = await temporaryFolder()
    cpSync(deployFile(''), join(copy.path, 'deploy'), { recursive: true })
    const trialFolder = join(copy.path, overlay)
    copyFileSync(deployFile('.env.example'), join(trialFolder, 'passwords.env'))
    const { stdout, stderr } = spawnSync(
      'kubectl',
      ['kustomize', '--load-restrictor=LoadRestrictionsNone', trialFolder],
      { encoding: 'utf8' },
    )
    expect(stderr).toBe('')
    const manifests = parseAllDocuments(stdout).map(document => document.toJS() as Manifest)
    for (const manifest of manifests) {
      expect(await manifestFaults(manifest), `${manifest.kind} ${manifest.metadata.name}`).toEqual([])
      if (manifest.kind !== 'Namespace') expect(manifest.metadata.namespace).toBe('slipway')
    }
    // The patches replace the Secrets that the base asks for.
    for (const name of serviceNames) {
      const { envFrom } = containerOf(find<Workload>(manifests, 'Deployment', name))
      expect(envFrom).toEqual([{ configMapRef: { name: 'slipway' } }])
    }
  })
})
