import { failure, greatestDepth, isTooDeep } from '@slipway/contracts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads a JSON body. `parse`: what makes values of it, once it is text.
 * @throws `malformed` for broken UTF-8, broken JSON and absurd depth; the message says what and where
 */
export function readJson(bytes: Uint8Array, parse: (text: string) => unknown = JSON.parse): unknown {
  try {
    const text = utf8.decode(bytes)
    const value = parse(text)
    if (!isTooDeep(text)) return value
  } catch (cause) {
    const broken = cause instanceof TypeError ? 'The body is not valid UTF-8' : (cause as Error).message
    throw failure('malformed', broken, { cause })
  }
  throw failure('malformed', `More than ${greatestDepth} lists and objects within each other`)
}
