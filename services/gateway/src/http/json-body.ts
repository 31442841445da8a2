import { failure } from '@slipway/contracts'

/** Levels of lists and objects within each other; what is deeper could not be written out again. */
const greatestDepth = 500

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads a JSON body. `parse`: what makes values of it, once it is text.
 * @throws `malformed` for broken UTF-8, broken JSON and absurd depth; the message says what and where
 */
export function readJson(bytes: Uint8Array, parse: (text: string) => unknown = JSON.parse): unknown {
  try {
    const text = utf8.decode(bytes)
    const value = parse(text)
    if (!isDeep(text)) return value
  } catch (cause) {
    const broken = cause instanceof TypeError ? 'The body is not valid UTF-8' : (cause as Error).message
    throw failure('malformed', broken, { cause })
  }
  throw failure('malformed', `More than ${greatestDepth} lists and objects within each other`)
}

/** Looks at the brackets only, of text that is valid JSON. */
function isDeep(text: string): boolean {
  if (text.length < greatestDepth * 2) return false
  let depth = 0
  let inString = false
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index)
    if (inString) {
      if (character === 92) index++
      else if (character === 34) inString = false
    } else if (character === 34) inString = true
    else if (character === 91 || character === 123) {
      if (++depth > greatestDepth) return true
    } else if (character === 93 || character === 125) depth--
  }
  return false
}
