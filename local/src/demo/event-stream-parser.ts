/** One event of a `text/event-stream`. `id` is the last one that was named, by this event or an earlier one. */
export type StreamEvent = { readonly id: string; readonly event: string; readonly data: string }

export type EventStreamParser = {
  /** Takes text as it arrives, cut anywhere, and returns the events that it completes. */
  push(text: string): StreamEvent[]
}

/**
 * Reads Server-Sent Events as the HTML standard says: fields line by line, an empty line ends an event, comments and
 * unknown fields are skipped, an event without data is none, and one that is cut off at the end is dropped.
 */
export function createEventStreamParser(): EventStreamParser {
  let rest = ''
  let id = ''
  let event = ''
  let data: string[] = []

  const takeLine = (line: string): StreamEvent | undefined => {
    if (line === '') {
      const complete = data.length > 0 ? { id, event: event || 'message', data: data.join('\n') } : undefined
      event = ''
      data = []
      return complete
    }
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'data') data.push(value)
    else if (field === 'event') event = value
    else if (field === 'id' && !value.includes('\0')) id = value
    return undefined
  }

  return {
    push(text) {
      rest += text
      // A line may end with CR LF that come in two pieces: a CR at the very end waits for what follows.
      const lines = rest.split(/\r\n|\n|\r(?!$)/u)
      rest = lines.pop() ?? ''
      return lines.map(takeLine).filter(complete => complete !== undefined)
    },
  }
}
