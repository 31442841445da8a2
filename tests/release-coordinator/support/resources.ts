/** Records of the Kids First Release Coordinator as its clients know them. */

export type Page<Item> = {
  readonly count: number
  readonly next: string | null
  readonly previous: string | null
  readonly results: readonly Item[]
}

export type Task = {
  readonly kf_id: string
  readonly state: string
  readonly progress: number
  readonly release: string
  /** Null once the service was removed. */
  readonly task_service: string | null
  readonly created_at: string
  readonly service_name: string
}

export type ReleaseNote = {
  readonly kf_id: string
  readonly description: string
  readonly author: string
  readonly created_at: string
  readonly release: string
  readonly study: string | null
}

export type Release = {
  readonly kf_id: string
  readonly name: string
  readonly description: string
  readonly notes: readonly ReleaseNote[]
  readonly state: string
  readonly studies: readonly string[]
  readonly tasks: readonly Task[]
  readonly version: string
  readonly created_at: string
  readonly tags: readonly string[]
  readonly author: string
  readonly is_major: boolean
}

export type TaskService = {
  readonly kf_id: string
  readonly name: string
  readonly description: string
  readonly last_ok_status: number
  readonly author: string
  readonly health_status: string
  readonly url: string
  readonly created_at: string
  readonly enabled: boolean
}

export type LogEvent = {
  readonly kf_id: string
  readonly event_type: string
  readonly message: string
  readonly release: string | null
  readonly task_service: string | null
  readonly task: string | null
  readonly created_at: string
}

export type Study = {
  readonly kf_id: string
  readonly name: string
  readonly version: string | null
  readonly visible: boolean
  readonly last_pub_version: string | null
  readonly last_pub_date: string | null
  readonly deleted: boolean
  readonly created_at: string | null
}

export type Kind = 'tasks' | 'task-services' | 'releases' | 'release-notes' | 'events' | 'studies'

export const lists: readonly Kind[] = ['tasks', 'task-services', 'releases', 'release-notes', 'events', 'studies']

/** An id of the right form that nothing has: 40 zero bits are not given out twice in a lifetime. */
export const unknownId: Readonly<Record<Kind, string>> = {
  tasks: 'TA_00000000',
  'task-services': 'TS_00000000',
  releases: 'RE_00000000',
  'release-notes': 'RN_00000000',
  events: 'EV_00000000',
  studies: 'SD_00000000',
}

export const studies = {
  dipg: 'SD_1P41Z782',
  cats: 'SD_ME0WME0W',
  dogs: 'SD_B0WW0WB0',
  birds: 'SD_TWEETTWT',
} as const
