export type Prioritized = { readonly id: number; readonly priority: number | null }

/** From the highest priority to the lowest; those without one come last. */
const descending = (a: Prioritized, b: Prioritized) =>
  (b.priority ?? Number.NEGATIVE_INFINITY) - (a.priority ?? Number.NEGATIVE_INFINITY) || a.id - b.id

/**
 * The packages of a member in their new order, which becomes N … 1, after one of them was asked to get a priority: it
 * goes before the first one whose own is not greater. Null is the end; what is out of range is thereby clamped.
 */
export function moved(packages: readonly Prioritized[], id: number, requested: number | null): Prioritized[] {
  const others = packages.filter(one => one.id !== id).sort(descending)
  const before = others.findIndex(({ priority }) => requested !== null && (priority === null || priority <= requested))
  const at = before < 0 ? others.length : before
  return numbered([...others.slice(0, at), { id, priority: null }, ...others.slice(at)])
}

function numbered(ordered: readonly Prioritized[]): Prioritized[] {
  return ordered.map(({ id }, index) => ({ id, priority: ordered.length - index }))
}
