/**
 * Compiled by `npm run typecheck`, never run: a wrong payload must not compile. Each `@ts-expect-error` is itself an
 * error when the line below it is accepted.
 */
import { expectTypeOf } from 'vitest'
import { z } from 'zod'
import { everybody } from './audience.ts'
import { failure, isFailure, type SlipwayError } from './error.ts'
import { type EventDataOf, eventType } from './event.ts'
import { type InputOf, type Operation, type OutputOf, operation, type ParsedInputOf } from './operation.ts'
import type { identityOperations } from './platform-operations.ts'
import { type logEventEvents, logEventOperations } from './release-coordinator/log-event.ts'
import { type ReleaseState, type releaseEvents, releaseOperations } from './release-coordinator/release.ts'
import { type taskEvents, taskOperations } from './release-coordinator/task.ts'
import { type Checked, complete } from './rest-framework/body.ts'

/** Stands for a client of the bus: takes what an operation takes, gives what it gives. */
declare function call<Op extends Operation>(operation: Op, input: InputOf<Op>): OutputOf<Op>

// Inputs: what has a default may be left out.
call(releaseOperations.create, { body: { name: 'R1', studies: ['SD_00000000'] } })
call(releaseOperations.create, { body: { name: 'R1', studies: [], tags: ['a'], is_major: true, description: '' } })
call(releaseOperations.list, {})
call(releaseOperations.list, { limit: 5, offset: '10', state: 'staged', parameters: { state: ['staged'] } })
call(taskOperations.update, { kf_id: 'TA_00000000', body: { progress: 50 } })
call(logEventOperations.create, { body: { message: 'done', release: null } })

// @ts-expect-error a body is needed
call(releaseOperations.create, {})
// @ts-expect-error studies are required
call(releaseOperations.create, { body: { name: 'R1' } })
// @ts-expect-error studies are a list
call(releaseOperations.create, { body: { name: 'R1', studies: 'SD_00000000' } })
// @ts-expect-error no such field
call(releaseOperations.create, { body: { name: 'R1', studies: [], title: 'R1' } })
// @ts-expect-error state is read-only
call(releaseOperations.update, { kf_id: 'RE_00000000', body: { state: 'staged' } })
// @ts-expect-error the id is missing
call(releaseOperations.update, { body: { name: 'R2' } })
// @ts-expect-error no such state
call(taskOperations.update, { kf_id: 'TA_00000000', body: { state: 'done' } })
// @ts-expect-error progress is a number
call(taskOperations.update, { kf_id: 'TA_00000000', body: { progress: '50' } })
// @ts-expect-error a list has no such filter
call(releaseOperations.list, { study: 'SD_00000000' })

// Outputs.
const release = call(releaseOperations.get, { kf_id: 'RE_00000000' })
expectTypeOf(release.state).toEqualTypeOf<ReleaseState>()
expectTypeOf(release.tasks[0]?.progress).toEqualTypeOf<number | undefined>()
expectTypeOf(call(releaseOperations.list, {}).results[0]).toEqualTypeOf<typeof release | undefined>()
expectTypeOf(call(releaseOperations.publish, { kf_id: 'x' }).message).toEqualTypeOf<'publishing'>()
expectTypeOf<OutputOf<typeof logEventOperations.delete>>().toEqualTypeOf<void>()
expectTypeOf<OutputOf<typeof identityOperations.exchange>['expires_in']>().toEqualTypeOf<number>()
// @ts-expect-error there is no such field
release.title
// @ts-expect-error a page is no release
call(releaseOperations.list, {}).name

// What a handler gets: bodies with the problems found, to be completed.
declare const parsed: ParsedInputOf<typeof taskOperations.create>
expectTypeOf(parsed.body).toExtend<Checked<{ progress: number; release: string }>>()
expectTypeOf(parsed.body.values.progress).toEqualTypeOf<number | undefined>()
expectTypeOf(complete(parsed.body).progress).toEqualTypeOf<number>()
declare const partial: ParsedInputOf<typeof taskOperations.update>
expectTypeOf(complete(partial.body).progress).toEqualTypeOf<number | undefined>()
declare const list: ParsedInputOf<typeof releaseOperations.list>
expectTypeOf(list.limit).toEqualTypeOf<number>()
expectTypeOf(list.offset).toEqualTypeOf<number>()

// Events.
type Staged = EventDataOf<typeof releaseEvents.staged>
expectTypeOf<Staged['previous_state']>().toEqualTypeOf<ReleaseState | null>()
expectTypeOf<EventDataOf<typeof logEventEvents.recorded>['release']>().toEqualTypeOf<string | null>()
expectTypeOf<EventDataOf<typeof taskEvents.failed>['cancel_reason']>().toEqualTypeOf<
  'fault' | 'request' | 'timeout' | 'report' | undefined
>()
// @ts-expect-error the state is missing
export const event: Staged = { release_id: 'x', name: 'R', previous_state: null, version: '0.0.1', studies: [] }

// Declarations and errors.
const declaration = { summary: '', effect: 'read', audience: everybody, input: z.object({}), output: z.void() } as const
operation('catalog.package.list', declaration)
// @ts-expect-error whatever is read is for somebody
operation('catalog.package.list', { ...declaration, audience: undefined })
// @ts-expect-error no such service
operation('shop.package.list', declaration)
// @ts-expect-error a name has three parts
operation('catalog.list', declaration)
// @ts-expect-error no such error
operation('catalog.package.list', { ...declaration, errors: ['broken'] })
// @ts-expect-error a name has two parts
eventType('package', { summary: '', audience: everybody, data: z.object({}) })
// @ts-expect-error nobody said who may read it
eventType('package.made', { summary: '', data: z.object({}) })
// @ts-expect-error no such error
failure('broken', 'x')
declare const caught: unknown
// @ts-expect-error no such error
isFailure(caught, 'broken')
if (isFailure(caught, 'not_found')) expectTypeOf(caught).toEqualTypeOf<SlipwayError>()
