import { type Child, startChild } from '../ground/child.ts'

/** What to ask for, again and again. */
export type Load = {
  readonly url: string
  readonly connections: number
  readonly seconds: number
  readonly method?: 'GET' | 'POST'
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** What came of it; latencies in milliseconds. */
export type Loaded = {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly requests: number
  readonly failed: number
}

export type Generator = Child<Load, Loaded>

export const startGenerator = (): Generator => startChild<Load, Loaded>('../load/generator.ts')
