export { type Decision, decide, type KnownTask } from './decide.ts'
export { answerHttp, type ListenOptions, listenHttp, type TaskServer } from './http.ts'
export { type BusServer, type BusTaskOptions, serveOverBus } from './over-bus.ts'
export { isWithdrawn, type Platform, type Report, type Reports, sendReports } from './platform.ts'
export { type BusClient, platformOverBus } from './platform-over-bus.ts'
export { type HttpPlatformOptions, platformOverHttp } from './platform-over-http.ts'
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
