import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { headers, type Msg } from '@nats-io/transport-node'
import { connectToPlatform, settingsFromEnvironment } from './platform-connection.ts'

/*
 * A task service on the bus, without a web server: it keeps a ledger of releases, a file each, which is a draft until
 * the release is published.
 *
 *   npm run release-ledger -- --subject task-service.integration --ledger FOLDER
 *
 * What it knows of a task is in its files alone, so it may be stopped and started at any time.
 */
const { values } = parseArgs({
  options: {
    subject: { type: 'string', default: 'task-service.integration' },
    ledger: { type: 'string', default: 'ledger' },
  },
})
const { subject, ledger } = values
await mkdir(ledger, { recursive: true })
await using platform = await connectToPlatform(settingsFromEnvironment())
const { nats, call } = platform

type Command = { readonly action: string; readonly task_id: string; readonly release_id: string }
type TaskState = 'running' | 'staged' | 'publishing' | 'published' | 'failed'
type Release = { readonly name: string; readonly version: string; readonly studies: readonly string[] }

const draftOf = ({ release_id }: Command) => join(ledger, `${release_id}.draft.json`)
const entryOf = ({ release_id }: Command) => join(ledger, `${release_id}.json`)
const exists = (file: string) =>
  readFile(file).then(
    () => true,
    () => false,
  )

const report = (command: Command, state: TaskState) => {
  const body = { state, progress: 100 }
  return call('coordinator.task.update', { kf_id: command.task_id, body }, `${command.task_id}-${state}`)
}

async function draft(command: Command): Promise<void> {
  const { name, studies } = await call<Release>('coordinator.release.get', { kf_id: command.release_id })
  await writeFile(draftOf(command), JSON.stringify({ release: command.release_id, name, studies }))
  await report(command, 'staged')
}

async function enter(command: Command): Promise<void> {
  if (!(await exists(entryOf(command)))) await rename(draftOf(command), entryOf(command))
  await report(command, 'published')
}

async function stateOf(command: Command): Promise<TaskState> {
  if (await exists(entryOf(command))) return 'published'
  return (await exists(draftOf(command))) ? 'staged' : 'running'
}

/** Answers at once; what takes time goes on, and is reported when it is done. */
async function obey(command: Command): Promise<TaskState | undefined> {
  const later = (work: Promise<void>) =>
    void work.catch(error => process.stderr.write(`${command.action} ${command.task_id}: ${error.message}\n`))
  switch (command.action) {
    case 'initialize':
      return undefined
    case 'start':
      later(draft(command))
      return 'running'
    case 'publish':
      later(enter(command))
      return 'publishing'
    case 'get_status': {
      const state = await stateOf(command)
      // Stopped in the middle of it: begun again.
      if (state === 'running') later(draft(command))
      return state
    }
    case 'cancel':
      await rm(draftOf(command), { force: true })
      return undefined
    default:
      throw new Error(`there is no action ${command.action}`)
  }
}

async function answer(message: Msg): Promise<void> {
  try {
    const command = message.json<Command>()
    const state = await obey(command)
    const { task_id, release_id } = command
    const progress = state === 'running' || state === 'publishing' ? 0 : 100
    message.respond(JSON.stringify({ task_id, release_id, ...(state && { state, progress }) }))
  } catch (error) {
    const refusal = headers()
    refusal.set('Nats-Service-Error', (error as Error).message)
    refusal.set('Nats-Service-Error-Code', '400')
    message.respond('', { headers: refusal })
  }
}

// The queue makes it one of many that may run at the same time.
nats.subscribe(`${subject}.tasks`, { queue: subject, callback: (_error, message) => void answer(message) })
nats.subscribe(`${subject}.status`, {
  queue: subject,
  callback: (_error, message) => void message.respond(JSON.stringify({ name: 'release ledger', version: '1.0.0' })),
})
await nats.flush()

type TaskService = { readonly url: string }
const url = `nats://${subject}`
const { results } = await call<{ results: TaskService[] }>('registry.task-service.list', { limit: 100 })
if (!results.some(service => service.url === url)) {
  const body = { name: 'release ledger', description: 'Keeps a ledger of releases', author: 'integration', url }
  await call('registry.task-service.create', { body }, `register-${subject}`)
}
process.stdout.write(`ready ${url}\n`)
await new Promise(resolve => {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve)
})
