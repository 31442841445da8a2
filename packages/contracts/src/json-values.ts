/** Values, lists and objects included, that one JSON text may have: each takes up to 64 bytes as a value, and two in the text. */
export const mostValues = 500_000

const [quote, backslash, comma] = [34, 92, 44]
const [openList, openObject] = [91, 123]

/** Whether a JSON text has more values than that. Looks at what separates them only, so it may be any bytes. */
export function hasTooManyValues(json: Uint8Array): boolean {
  if (json.length < mostValues) return false
  let values = 1
  let inString = false
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at]
    if (inString) {
      if (byte === backslash) at += 1
      else if (byte === quote) inString = false
    } else if (byte === quote) inString = true
    else if (byte === comma || byte === openList || byte === openObject) {
      values += 1
      if (values > mostValues) return true
    }
  }
  return false
}
