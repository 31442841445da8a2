import type { CallContext } from '@slipway/bus'
import { createOutbound, createServiceToken, requireSignedIn, type ServiceDefinition } from '@slipway/service'
import { every } from '@slipway/store'
import manifest from '../package.json' with { type: 'json' }
import { type ReleaseCheck, startReleaseCheck } from './check/release-check.ts'
import { startStatusPoll } from './check/status-poll.ts'
import { startCommandWorker } from './command/command-worker.ts'
import { createTaskServiceClient } from './command/task-service-client.ts'
import { type CoordinatorConfig, coordinatorConfig } from './config.ts'
import type { Database } from './database.ts'
import { purgeExchanges } from './exchange/exchange.store.ts'
import { createExchanges } from './exchange/exchanges.ts'
import { startJobWorker } from './job/job-worker.ts'
import { logEventHandlers } from './log-event/log-event.operations.ts'
import { platformTaskHandlers } from './platform-task/platform-task.operations.ts'
import { purgeTasks } from './platform-task/platform-task.store.ts'
import { platformTaskConsumer } from './platform-task/project.ts'
import { createStopTask } from './platform-task/stop-task.ts'
import { publishRun } from './publish-run/publish-run.ts'
import { releaseHandlers } from './release/release.operations.ts'
import { createReleaseChanges } from './release/release-changes.ts'
import { releaseNoteHandlers } from './release-note/release-note.operations.ts'
import { reportedFileHandlers } from './reported-file/reported-file.operations.ts'
import { restoreHandlers } from './restore/restore.operations.ts'
import { scheduledReleaseHandlers } from './scheduled-release/scheduled-release.operations.ts'
import { studyHandlers } from './study/study.operations.ts'
import { createStudyMirror } from './study/study-mirror.ts'
import { unifiedStudyHandlers } from './study/unified-study.operations.ts'
import { studyImportHandlers } from './study-import/study-import.operations.ts'
import { createImportStudy, importRun } from './study-import/study-import.ts'
import { studyObjectHandlers } from './study-object/study-object.operations.ts'
import { taskHandlers } from './task/task.operations.ts'
import { createKnownTaskServices } from './task-service/known-task-services.ts'
import { taskServiceConsumer } from './task-service/task-service.events.ts'

const purgeEveryMs = 3_600_000

/** The coordinator: studies, releases, their tasks, notes and log, and the saga that drives a release. */
export const coordinator: ServiceDefinition<CoordinatorConfig, Database> = {
  name: 'coordinator',
  version: manifest.version,
  config: coordinatorConfig,
  migrations: new URL('../migrations', import.meta.url),

  build({ config, store, bus, log, catchUp }) {
    const answerTimeoutMs = config.REQUEST_TIMEOUT * 1000
    const outbound = createOutbound({
      allowInternal: config.ALLOW_INTERNAL_ADDRESSES,
      connectTimeoutMs: config.CONNECT_TIMEOUT * 1000,
      answerTimeoutMs,
    })
    // Where the data service is, the operator says: it may be at an internal address.
    const toDataService = createOutbound({
      allowInternal: true,
      connectTimeoutMs: config.CONNECT_TIMEOUT * 1000,
      answerTimeoutMs,
    })
    const token = createServiceToken({ ...config, log })
    const client = createTaskServiceClient({ bus, outbound, credentials: () => token.headers(), answerTimeoutMs })
    const services = createKnownTaskServices(store, bus)

    const importStudy = createImportStudy(store, outbound)

    type Kickable = { kick(): void }
    let workers: { commands: Kickable; poll: Kickable; check: ReleaseCheck; jobs: Kickable } | undefined
    const kick = () => workers?.commands.kick()
    const kickJobs = () => workers?.jobs.kick()
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
        ...reportedFileHandlers(store),
        ...scheduledReleaseHandlers(store, kick),
        ...restoreHandlers({ store, bus, changes, services }),
        ...releaseNoteHandlers(store),
        ...logEventHandlers({ store, services, anonymousEvents: config.ANONYMOUS_EVENTS }),
        ...unifiedStudyHandlers(store),
        ...studyHandlers({
          store,
          mirror: createStudyMirror({
            store,
            outbound: toDataService,
            url: config.DATASERVICE_URL,
            leaseSeconds: config.JOB_LEASE_SECONDS,
            log,
          }),
          requireCheckRight,
        }),
        ...platformTaskHandlers({
          store,
          catchUp,
          stopTask: createStopTask({ store, bus, catchUp, changes, kick }),
          kick: kickJobs,
        }),
        ...studyObjectHandlers(store, kickJobs),
        ...studyImportHandlers({
          store,
          importStudy,
          leaseSeconds: config.JOB_LEASE_SECONDS,
          kick: kickJobs,
          log,
        }),
      ],
      consumers: [taskServiceConsumer({ store, changes }), platformTaskConsumer],
      async workers() {
        const exchanges = createExchanges({ store, log })
        const commands = startCommandWorker({
          store,
          changes,
          exchanges,
          client,
          enabledServices: () => services.enabled(),
          tries: config.COMMAND_TRIES,
          repeatCancelSeconds: config.CANCEL_RETRY_DAYS * 86_400,
          log,
        })
        const poll = startStatusPoll({
          store,
          changes,
          client,
          exchanges,
          onFree: kick,
          everySeconds: config.TASK_POLL_SECONDS,
          tries: config.TASK_POLL_TRIES,
          log,
        })
        const check = startReleaseCheck({
          store,
          changes,
          everySeconds: config.RELEASE_CHECK_SECONDS,
          taskDeadlineSeconds: config.TASK_TIMEOUT,
          taskSilenceSeconds: config.TASK_SILENCE_TIMEOUT,
          releaseDeadlineSeconds: config.RELEASE_TIMEOUT,
          log,
        })
        const jobs = startJobWorker({
          store,
          runners: {
            'publish-all': publishRun(store),
            'publish-study': publishRun(store),
            'study-import': importRun(importStudy),
          },
          leaseSeconds: config.JOB_LEASE_SECONDS,
          log,
        })
        const purge = every({
          store,
          name: 'platform-task-purge',
          everyMs: purgeEveryMs,
          async run() {
            await purgeTasks(store)
            await purgeExchanges(store)
          },
          log,
        })
        workers = { commands, poll, check, jobs }
        const conversation = {
          async stop() {
            exchanges.leave()
            await Promise.all([commands.stop(), poll.stop()])
            exchanges.close()
          },
        }
        return [conversation, check, jobs, purge]
      },
      async close() {
        await Promise.all([outbound.close(), toDataService.close()])
      },
    }
  },
}
