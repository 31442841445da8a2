/** Semantic version of a release: major, minor, patch. */
export type Version = { readonly major: number; readonly minor: number; readonly patch: number }

export function formatVersion({ major, minor, patch }: Version): string {
  return `${major}.${minor}.${patch}`
}

/** Below zero if `a` comes before `b`. */
export function compareVersions(a: Version, b: Version): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch
}

/** Version of a new release: one patch above the greatest that was ever given; the first ever is 0.0.0. */
export function candidateVersion(greatest: Version | undefined): Version {
  return greatest ? { ...greatest, patch: greatest.patch + 1 } : { major: 0, minor: 0, patch: 0 }
}

/**
 * Version under which a release is published: the next minor one (major, if it is a major release) above its own. If
 * that is not above everything that is published, which happens when another release came first, the next one above
 * the greatest published version.
 */
export function publishedVersion(own: Version, isMajor: boolean, greatestPublished: Version | undefined): Version {
  const next = bump(own, isMajor)
  if (!greatestPublished || compareVersions(next, greatestPublished) > 0) return next
  return bump(greatestPublished, isMajor)
}

function bump(version: Version, isMajor: boolean): Version {
  return isMajor
    ? { major: version.major + 1, minor: 0, patch: 0 }
    : { major: version.major, minor: version.minor + 1, patch: 0 }
}
