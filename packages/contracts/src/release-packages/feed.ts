import { z } from 'zod'
import { everybody } from '../audience.ts'
import { operation } from '../operation.ts'

export const releaseFeedOperations = {
  get: operation('catalog.release-feed.get', {
    summary: 'Atom feed of the versions that are online',
    effect: 'read',
    audience: everybody,
    flow: 'streamed-answer',
    input: z.object({ ifNoneMatch: z.string().optional() }),
    output: z.unknown().meta({ type: 'string', contentMediaType: 'application/atom+xml' }),
  }),
}
