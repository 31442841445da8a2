import type { StoredEvent } from './stored-event.ts'

/** One event of the platform as a server-sent event. JSON has no line breaks, so the data is one line. */
export function eventText({ position, noun, verb, payload }: StoredEvent): string {
  return `id: ${position}\nevent: ${noun}.${verb}\ndata: ${payload}\n\n`
}

/** Says that events between what the client saw last and what is kept are gone. Its id is where the rest starts. */
export function gapText(lastEventId: string, resumedAt: number): string {
  return `id: ${resumedAt}\nevent: gap\ndata: ${JSON.stringify({ lastEventId, resumedAt: String(resumedAt) })}\n\n`
}

/** Keeps the connection busy, so that nothing between us and the client closes it. */
export const heartbeat = ': \n\n'

/** Milliseconds after which a client connects again. */
export const retryText = 'retry: 2000\n\n'
