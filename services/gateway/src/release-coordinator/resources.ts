import {
  logEventOperations as events,
  releaseNoteOperations as notes,
  releaseOperations as releases,
  studyOperations as studies,
  taskServiceOperations as taskServices,
  taskOperations as tasks,
} from '@slipway/contracts'
import { act, allow, type Resource, read, write } from './resource.ts'

/** Registering a task service waits for that service: 15 seconds to connect and 15 to answer, redirects included. */
const reachingServiceMs = 45_000
/** Mirroring reads the data service page by page while the client waits. */
const mirroringMs = 120_000

/** Every path of the API, with the methods it knows. `/` and `/events/stream` stand elsewhere. */
export const resources: readonly Resource[] = [
  // Tasks know no OPTIONS in the original, neither on the list nor on an item nor on their action.
  {
    path: '/tasks',
    name: 'Task List',
    allow: 'GET, POST, HEAD',
    right: 'administrator',
    methods: { GET: read(tasks.list), POST: write(tasks.create) },
  },
  {
    path: '/tasks/:kf_id',
    name: 'Task Instance',
    allow: 'GET, HEAD, PUT, PATCH',
    right: 'administrator',
    methods: { GET: read(tasks.get), PUT: write(tasks.replace), PATCH: write(tasks.update, tasks.replace) },
  },
  {
    path: '/tasks/status_checks',
    name: 'Status Checks',
    allow: 'POST',
    right: 'administrator',
    methods: { POST: act(tasks.check, { right: 'anyone' }) },
  },

  {
    path: '/task-services',
    name: 'Task Service List',
    allow: allow.list,
    right: 'developer',
    methods: {
      GET: read(taskServices.list),
      POST: write(taskServices.create, taskServices.create, { timeoutMs: reachingServiceMs }),
    },
  },
  {
    path: '/task-services/:kf_id',
    name: 'Task Service Instance',
    allow: allow.item,
    right: 'developer',
    methods: {
      GET: read(taskServices.get),
      PUT: write(taskServices.replace, taskServices.replace, { timeoutMs: reachingServiceMs }),
      PATCH: write(taskServices.update, taskServices.replace, { timeoutMs: reachingServiceMs }),
      DELETE: act(taskServices.delete),
    },
  },
  {
    path: '/task-services/health_checks',
    name: 'Health Checks',
    allow: allow.action,
    right: 'developer',
    methods: { POST: act(taskServices.check, { right: 'anyone' }) },
  },
  {
    path: '/task-services/:kf_id/health-checks',
    name: 'Health Check List',
    allow: allow.readOnly,
    right: 'developer',
    methods: { GET: read(taskServices.history) },
  },

  {
    path: '/releases',
    name: 'Release List',
    allow: allow.list,
    right: 'release administrator',
    methods: { GET: read(releases.list), POST: write(releases.create, releases.create, { right: 'signed in' }) },
  },
  {
    path: '/releases/:kf_id',
    name: 'Release Instance',
    allow: allow.item,
    right: 'release administrator',
    methods: {
      GET: read(releases.get),
      PUT: write(releases.replace, releases.replace),
      PATCH: write(releases.update, releases.replace),
      // Canceling what is not there has an empty body in the original.
      DELETE: act(releases.cancel, { errorBody: ({ code }) => (code === 'not_found' ? {} : undefined) }),
    },
  },
  {
    path: '/releases/:kf_id/publish',
    name: 'Publish',
    allow: allow.action,
    right: 'release administrator',
    methods: { POST: act(releases.publish) },
  },
  {
    path: '/releases/status_checks',
    name: 'Status Checks',
    allow: allow.action,
    right: 'release administrator',
    methods: { POST: act(releases.check, { right: 'anyone' }) },
  },

  {
    path: '/release-notes',
    name: 'Release Note List',
    allow: allow.list,
    right: 'administrator',
    methods: { GET: read(notes.list), POST: write(notes.create) },
  },
  {
    path: '/release-notes/:kf_id',
    name: 'Release Note Instance',
    allow: allow.item,
    right: 'administrator',
    methods: {
      GET: read(notes.get),
      PUT: write(notes.replace),
      PATCH: write(notes.update, notes.replace),
      DELETE: act(notes.delete),
    },
  },

  {
    path: '/events',
    name: 'Event List',
    allow: allow.list,
    right: 'anyone',
    methods: { GET: read(events.list), POST: write(events.create) },
  },
  {
    path: '/events/:kf_id',
    name: 'Event Instance',
    allow: allow.item,
    right: 'anyone',
    methods: {
      GET: read(events.get),
      PUT: write(events.replace, events.replace, { right: 'administrator' }),
      PATCH: write(events.update, events.replace, { right: 'administrator' }),
      DELETE: act(events.delete, { right: 'administrator' }),
    },
  },

  {
    path: '/studies',
    name: 'Study List',
    allow: allow.readOnly,
    right: 'anyone',
    methods: { GET: read(studies.list) },
  },
  {
    path: '/studies/:kf_id',
    name: 'Study Instance',
    allow: allow.readOnly,
    right: 'anyone',
    methods: { GET: read(studies.get) },
  },
  {
    path: '/studies/sync',
    name: 'Sync',
    allow: allow.action,
    right: 'anyone',
    methods: {
      POST: act(studies.sync, {
        timeoutMs: mirroringMs,
        errorBody: ({ code, message }) => (code === 'bad_upstream' ? { status: 'error', message } : undefined),
      }),
    },
  },
  {
    path: '/studies/:kf_id/releases',
    name: 'Release List',
    allow: allow.readOnly,
    right: 'anyone',
    methods: { GET: read(studies.releases) },
  },
  {
    path: '/studies/:kf_id/releases/:release',
    name: 'Release Instance',
    allow: allow.readOnly,
    right: 'anyone',
    methods: { GET: read(studies.release) },
  },
]
