import type { Finding, Level } from './finding.ts'

/**
 * Which side is older:
 * `input`: an old caller sends, the new service reads. `output`: the new service or publisher sends, an old reader reads.
 * `kept`: events of the past, kept in the stream and the outbox, are read by a new consumer.
 */
export type Direction = 'input' | 'output' | 'kept'

/** What a finding means for compatibility within a version. */
export function levelOf(finding: Finding, direction: Direction): Level {
  switch (finding.kind) {
    // A caller counts on what it sends having an effect.
    case 'unread':
      return direction === 'input' ? 'incompatible' : 'ignored'
    // A reader counts on what it was sent; a service may ask for more, if it does not insist.
    case 'unsent':
      return direction === 'output' ? 'incompatible' : 'ignored'
    case 'checked':
      return direction === 'output' ? 'ignored' : 'incompatible'
    case 'default':
      return direction === 'input' ? 'warning' : 'ignored'
    // Readers are told to expect new values of a closed set; callers and kept events cannot be told.
    case 'value':
      return direction === 'output' ? 'warning' : 'incompatible'
    default:
      return 'incompatible'
  }
}

/** The finding in words, without its path. */
export function describeFinding(finding: Finding, direction: Direction): string {
  const words = wording[direction]
  switch (finding.kind) {
    case 'types':
      return `${words.types} ${finding.types.join(' or ')}`
    case 'value':
      return `${words.value} ${JSON.stringify(finding.value)}`
    case 'rule':
      return changed(finding.keyword, finding, direction)
    case 'default':
      return changed('default', finding, direction)
    case 'absent':
      return direction === 'output' && !finding.declared ? words.unsent : words.absent
    default:
      return words[finding.kind]
  }
}

/** Rules of old and new: which of the two sends depends on the direction. */
function changed(keyword: string, { sent, read }: { sent: unknown; read: unknown }, direction: Direction): string {
  const [before, after] = direction === 'output' ? [read, sent] : [sent, read]
  return `${keyword} was ${valueText(before)}, is ${valueText(after)}`
}

function valueText(value: unknown): string {
  return value === undefined ? 'not set' : JSON.stringify(value)
}

const wording = {
  input: {
    types: 'no longer takes',
    value: 'no longer takes',
    absent: 'is required now',
    unread: 'is no longer read',
    unsent: 'is new',
    refused: 'is refused now',
    checked: 'undeclared fields were ignored and are checked now',
  },
  output: {
    types: 'can now be',
    value: 'can now be',
    absent: 'can now be absent',
    unread: 'is new',
    unsent: 'is no longer sent',
    refused: 'is new, where new fields are refused',
    checked: 'undeclared fields are no longer checked',
  },
  kept: {
    types: 'in events already sent can be',
    value: 'in events already sent can be',
    absent: 'is required now, and events already sent can lack it: make it optional',
    unread: 'is no longer read',
    unsent: 'is new',
    refused: 'is in events already sent and refused now',
    checked: 'undeclared fields were ignored and are checked now',
  },
} as const
