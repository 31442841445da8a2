/** The cycles of a directed graph, each as a path that ends where it begins; one for every back edge of a walk. */
export function findCycles(edges: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const cycles: string[][] = []
  const done = new Set<string>()
  const path: string[] = []

  const visit = (node: string): void => {
    const seenAt = path.indexOf(node)
    if (seenAt >= 0) cycles.push([...path.slice(seenAt), node])
    if (seenAt >= 0 || done.has(node)) return
    path.push(node)
    for (const next of edges.get(node) ?? []) visit(next)
    path.pop()
    done.add(node)
  }

  for (const node of edges.keys()) visit(node)
  return cycles
}
