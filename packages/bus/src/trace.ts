const valid = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}/u

/**
 * A W3C `traceparent` of a new, sampled trace. Its ids come from `Math.random`: they must be distinct, not secret, and
 * are made on the path of every request that brings none.
 */
export function newTraceparent(): string {
  return `00-${hex8()}${hex8()}${hex8()}${hex8()}-${hex8()}${hex8()}-01`
}

/** The same trace with a new parent id, for work that one call causes. A parent that is missing or unreadable: a new trace. */
export function childTraceparent(parent: string | undefined): string {
  const trace = parent === undefined ? undefined : traceId(parent)
  return trace === undefined || parent === undefined
    ? newTraceparent()
    : `00-${trace}-${hex8()}${hex8()}-${parent.slice(-2)}`
}

/** The trace id, for logs; undefined if the header does not follow the recommendation. */
export function traceId(traceparent: string): string | undefined {
  return valid.exec(traceparent)?.[1]
}

/** Never all zeros, which the recommendation forbids for whole ids. */
function hex8(): string {
  return ((Math.random() * 0xffff_ffff) >>> 0 || 1).toString(16).padStart(8, '0')
}
