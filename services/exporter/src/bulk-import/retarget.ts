import type { ImportTarget, SourceTarget } from '@slipway/contracts'
import { sourceUrl } from '../paths.ts'

type Members = Readonly<Record<string, unknown>>

/** Lines that belong to a source, or are one. */
const movable = ['source', 'source version', 'concept', 'mapping']

/**
 * A line of an export as the copy has it: of another owner, and what leads into its own source leads into the copy. What
 * leads into other sources stays. `from`: the source that the line says it is of; undefined where it says none.
 */
export function retargeted(
  line: Members,
  type: string,
  from: SourceTarget | undefined,
  { owner, owner_type, version }: ImportTarget,
): Members {
  if (!movable.includes(type)) return line
  const { owner_url, source_url, ...own } = line
  const ownerType = owner_type === 'User' ? 'user' : 'org'
  const base = from && sourceUrl(from)
  const copy = from && sourceUrl({ ownerType, owner, source: from.source })
  const moved = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(moved)
    if (typeof value !== 'string' || base === undefined) return value
    const path = value.replace(/^https?:\/\/[^/]+/, '')
    return path.startsWith(base) ? copy + path.slice(base.length) : value
  }
  const members = Object.entries(own).map(([name, value]) => [name, /_urls?$/.test(name) ? moved(value) : value])
  return {
    ...Object.fromEntries(members),
    ...(from && type !== 'source' && { source: from.source }),
    ...(type === 'source version' && version !== undefined && { id: version }),
    owner,
    owner_type,
  }
}
