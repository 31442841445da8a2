import type { Shape } from '../rest-framework/body.ts'
import type { ModelName } from './ordering.ts'

/** What both the gateway and the catalog must know of a resource of the PDC API to judge a request. */
export type PdcResource = {
  /** In paths and in permissions: `release-schedules`. */
  readonly segment: string
  /** In changesets: `releaseschedule`. */
  readonly model: string
  /** Field that is the last part of the URL. `id`: a decimal number. */
  readonly key: string
  /** Fields of the representation, in their order. */
  readonly fields: readonly string[]
  /** Fields that can be written, and how each is read. */
  readonly body: Shape
  readonly filters: readonly string[]
  /** Absent: there is never anything to put in order. */
  readonly ordering?: {
    readonly model: ModelName
    /** Fields that sort by something else than the column or relation of their name. */
    readonly aliases?: Readonly<Record<string, string>>
  }
}

/** Fields that are shown and cannot be written. */
export function readOnlyFields({ fields, body }: PdcResource): string[] {
  return fields.filter(field => !Object.hasOwn(body, field))
}
