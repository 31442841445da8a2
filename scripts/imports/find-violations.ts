import { isBuiltin } from 'node:module'
import { posix } from 'node:path'
import { findCycles } from './find-cycles.ts'
import { gatewayApis, gatewayGround, mayImport, storeRooms } from './layers.ts'
import type { SourceFile, Workspace } from './read-workspaces.ts'

/** One line per import that breaks a rule of the house; empty when all is well. */
export function findViolations(workspaces: readonly Workspace[]): readonly string[] {
  return workspaces.flatMap(workspace => [
    ...workspace.files.flatMap(file =>
      file.imports.flatMap(target => {
        const fault = target.startsWith('.')
          ? relativeFault(workspace, file, target)
          : bareFault(workspaces, workspace, file, target)
        return fault ? [`${workspace.folder}/${file.path}: imports ${target}: ${fault}`] : []
      }),
    ),
    ...cycleFaults(workspace),
  ])
}

function relativeFault(workspace: Workspace, file: SourceFile, target: string): string | null {
  const path = resolved(file, target)
  if (path.startsWith('../')) return `it lies outside ${workspace.folder}; import the package by its name`
  if (file.isTest) return null
  if (workspace.folder === 'packages/store') return storeFault(file.path, path)
  return workspace.folder === 'services/gateway' ? gatewayFault(file.path, path) : null
}

function storeFault(file: string, target: string): string | null {
  const rooms = Object.keys(storeRooms)
  const [from, to] = [roomOf(rooms, file), roomOf(rooms, target)]
  if (!from || !to || from === to || storeRooms[from]?.includes(to)) return null
  return `src/${from} knows nothing of src/${to}`
}

function gatewayFault(file: string, target: string): string | null {
  const ground = roomOf(gatewayGround, file)
  const from = roomOf(gatewayApis, file)
  const to = roomOf(gatewayApis, target)
  if (from && to && from !== to) return `the APIs of the gateway do not know each other (${from}, ${to})`
  if (ground && to) return `src/${ground} knows no API (${to})`
  if (ground === 'http' && roomOf(gatewayGround, target) === 'api') return 'src/http knows nothing of src/api'
  return null
}

function bareFault(workspaces: readonly Workspace[], from: Workspace, file: SourceFile, target: string): string | null {
  if (target.startsWith('node:')) return null
  if (isBuiltin(target)) return `write node:${target}`
  const name = packageName(target)
  const to = workspaces.find(workspace => workspace.name === name)
  if (to === from) return 'a file of the same workspace is imported by its path'
  if (to?.folder.startsWith('services/')) return 'nobody imports a service: talk to it over the bus'
  if (to && !mayImport(from.folder, to.folder, file.isTest)) return `${from.folder} may not depend on ${to.folder}`
  // Tests of a package that `packages/testing` itself needs: to declare that would make a circle of packages.
  if (file.isTest && to?.dependencies.has(from.name)) return null
  if (from.dependencies.has(name) || file.onDemand.has(name)) return null
  if (!from.devDependencies.has(name)) return `${name} is not declared in ${from.folder}/package.json`
  return file.isTest ? null : `${name} is only a development dependency of ${from.folder}`
}

function cycleFaults(workspace: Workspace): readonly string[] {
  const edges = new Map(
    workspace.files.map(file => [
      file.path,
      file.imports.filter(target => target.startsWith('.')).map(target => resolved(file, target)),
    ]),
  )
  return findCycles(edges).map(
    cycle => `${workspace.folder}: files import each other in a circle: ${cycle.join(' -> ')}`,
  )
}

const resolved = (file: SourceFile, target: string): string => posix.join(posix.dirname(file.path), target)

const roomOf = <Room extends string>(rooms: readonly Room[], path: string): Room | undefined =>
  rooms.find(room => path.startsWith(`src/${room}/`))

function packageName(target: string): string {
  const [first = '', second = ''] = target.split('/')
  return first.startsWith('@') ? `${first}/${second}` : first
}
