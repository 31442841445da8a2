/** Characters that Django leaves alone in a path, beside those that `encodeURIComponent` does. */
const kept = /%(?:40|3A|24|26|2B|2C|3B|3D)/g

/** A text as a segment of a path: percent-encoded but for `@ : ~` and the delimiters that a segment may hold. */
export function urlSegment(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(kept, decodeURIComponent)
}
