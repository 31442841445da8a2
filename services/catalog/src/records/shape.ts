/** Shows the wanted fields of a representation only. Undefined: all of them, the text as it is. */
export function onlyShown(body: string, shown: ReadonlySet<string> | undefined): string {
  return shown ? JSON.stringify(pick(JSON.parse(body), shown)) : body
}

/** The same for a list of representations. */
export function onlyShownOfList(list: string, shown: ReadonlySet<string> | undefined): string {
  if (!shown) return list
  return JSON.stringify((JSON.parse(list) as object[]).map(item => pick(item, shown)))
}

export function pick(item: object, names: ReadonlySet<string>): object {
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.has(name)))
}
