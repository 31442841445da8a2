export { freePort } from '@slipway/servers'
export { type BadInput, badInputs, badVersions, wholeInput } from './bad-input/bad-inputs.ts'
export { feedBadInputs, unfitColumns } from './bad-input/feed.ts'
export { type CapturedLog, captureLog, type LogLine } from './capture-log.ts'
export { type CreateDatabaseOptions, createDatabase } from './create-database.ts'
export { type EventuallyOptions, eventually } from './eventually.ts'
export { type FileOrigin, fileOrigin, type OriginFile, type OriginRequest } from './file-origin.ts'
export { basicCredentials, type HttpAnswer, type HttpHeaders, type HttpMessage, httpExchange } from './http-exchange.ts'
export { identityHandlers, identityToken, serviceToken } from './identities.ts'
export { type MailServer, type MailVerdict, mailServer, type ReceivedMail } from './mail-server.ts'
export { type HoldOptions, type ObjectStore, type ObjectStoreRequest, objectStore } from './object-store.ts'
export { startOwnNats, startOwnPostgres } from './own-servers.ts'
export {
  type ScriptedTaskService,
  scriptedTaskService,
  type TaskServiceAction,
  type TaskServiceOptions,
  type TaskServiceRequest,
} from './scripted-task-service.ts'
export { shiftedClock } from './shifted-clock.ts'
export type { TaskReport, TaskServiceFault, TaskServiceStep } from './task-service-step.ts'
export { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts'
export { testNats, testPostgres } from './test-servers.ts'
