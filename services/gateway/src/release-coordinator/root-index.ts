const lists = ['tasks', 'task-services', 'releases', 'release-notes', 'events', 'studies'] as const

/** What `GET /` answers: where the lists are. */
export function rootIndex(baseUrl: string): Record<(typeof lists)[number], string> {
  return Object.fromEntries(lists.map(list => [list, `${baseUrl}/${list}`])) as Record<(typeof lists)[number], string>
}
