export { type BusClient, type BusServer, type BusTaskOptions, platformOverBus, serveOverBus } from './bus.ts'
export { type Decision, decide, type KnownTask } from './decide.ts'
export {
  answerHttp,
  type HttpPlatformOptions,
  type ListenOptions,
  listenHttp,
  platformOverHttp,
  type TaskServer,
} from './http.ts'
export { isWithdrawn, type Platform, type Report, type Reports, sendReports } from './platform.ts'
export {
  answerTask,
  readCommand,
  type TaskAction,
  type TaskAnswer,
  type TaskCommand,
  type TaskService,
  type TaskState,
  unknownTask,
} from './protocol.ts'
export { memoryTasks, type TaskBook, type TaskRecord, taskFiles, writeFileAtomically } from './task-book.ts'
export {
  type Outcome,
  type TaskHandlers,
  type TaskServiceOptions,
  taskService,
  type Work,
  type WorkRecord,
} from './task-service.ts'
