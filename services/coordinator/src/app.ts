import type { CallContext } from '@slipway/bus'
import { createOutbound, createServiceToken, requireSignedIn, type ServiceDefinition } from '@slipway/service'
import manifest from '../package.json' with { type: 'json' }
import { type ReleaseCheck, startReleaseCheck } from './check/release-check.ts'
import { startStatusPoll } from './check/status-poll.ts'
import { startCommandWorker } from './command/command-worker.ts'
import { createTaskServiceClient } from './command/task-service-client.ts'
import { type CoordinatorConfig, coordinatorConfig } from './config.ts'
import type { Database } from './database.ts'
import { logEventHandlers } from './log-event/log-event.operations.ts'
import { releaseHandlers } from './release/release.operations.ts'
import { createReleaseChanges } from './release/release-changes.ts'
import { releaseNoteHandlers } from './release-note/release-note.operations.ts'
import { studyHandlers } from './study/study.operations.ts'
import { createStudyMirror } from './study/study-mirror.ts'
import { taskHandlers } from './task/task.operations.ts'
import { createKnownTaskServices } from './task-service/known-task-services.ts'
import { taskServiceConsumer } from './task-service/task-service.events.ts'

/** The coordinator: studies, releases, their tasks, notes and log, and the saga that drives a release. */
export const coordinator: ServiceDefinition<CoordinatorConfig, Database> = {
  name: 'coordinator',
  version: manifest.version,
  config: coordinatorConfig,
  migrations: new URL('../migrations', import.meta.url),

  build({ config, store, bus, log }) {
    const answerTimeoutMs = config.REQUEST_TIMEOUT * 1000
    const outbound = createOutbound({
      allowInternal: config.ALLOW_INTERNAL_ADDRESSES,
      connectTimeoutMs: config.CONNECT_TIMEOUT * 1000,
      answerTimeoutMs,
    })
    const token = createServiceToken({ ...config, log })
    const client = createTaskServiceClient({ bus, outbound, credentials: () => token.headers(), answerTimeoutMs })
    const services = createKnownTaskServices(store, bus)

    let workers: { commands: { kick(): void }; poll: { kick(): void }; check: ReleaseCheck } | undefined
    const kick = () => workers?.commands.kick()
    const changes = createReleaseChanges({ store, pollSeconds: config.TASK_POLL_SECONDS, onCommands: kick })
    const requireCheckRight = ({ identity }: CallContext) => {
      if (!config.ANONYMOUS_CHECKS) requireSignedIn(identity)
    }

    return {
      operations: [
        ...releaseHandlers({ store, changes, check: () => workers?.check, kick, requireCheckRight }),
        ...taskHandlers({
          store,
          changes,
          services,
          kickPoll: () => workers?.poll.kick(),
          checkDeadlines: async () => workers?.check.runSoon(),
          requireCheckRight,
        }),
        ...releaseNoteHandlers(store),
        ...logEventHandlers({ store, services, anonymousEvents: config.ANONYMOUS_EVENTS }),
        ...studyHandlers({
          store,
          mirror: createStudyMirror(store, outbound, config.DATASERVICE_URL),
          requireCheckRight,
        }),
      ],
      consumers: [taskServiceConsumer({ store, changes })],
      async workers() {
        const commands = startCommandWorker({
          store,
          changes,
          client,
          enabledServices: () => services.enabled(),
          tries: config.COMMAND_TRIES,
          log,
        })
        const poll = startStatusPoll({
          store,
          changes,
          client,
          everySeconds: config.TASK_POLL_SECONDS,
          tries: config.TASK_POLL_TRIES,
          log,
        })
        const check = await startReleaseCheck({
          store,
          changes,
          everySeconds: config.RELEASE_CHECK_SECONDS,
          taskDeadlineSeconds: config.TASK_TIMEOUT,
          taskSilenceSeconds: config.TASK_SILENCE_TIMEOUT,
          releaseDeadlineSeconds: config.RELEASE_TIMEOUT,
          log,
        })
        workers = { commands, poll, check }
        return [commands, poll, check]
      },
      close: () => outbound.close(),
    }
  },
}
