import { failure, greatestDepth, isTooDeep, unfitValues } from '@slipway/contracts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads a JSON body. `parse`: what makes values of it, once it is text.
 * @throws `malformed` for broken UTF-8, broken JSON, absurd depth and numbers beyond every range, which would go on as
 * null; the message says what and where
 */
export function readJson(bytes: Uint8Array, parse: (text: string) => unknown = JSON.parse): unknown {
  try {
    const text = utf8.decode(bytes)
    const value = parse(text)
    if (!isTooDeep(text)) return withinRange(value, text)
  } catch (cause) {
    const broken = cause instanceof TypeError ? 'The body is not valid UTF-8' : (cause as Error).message
    throw failure('malformed', broken, { cause })
  }
  throw failure('malformed', `More than ${greatestDepth} lists and objects within each other`)
}

/** Digits that may make a number infinite: in an exponent, or very many. */
const vast = /\d[eE]\+?\d{3}|\d{309}/

function withinRange(value: unknown, text: string): unknown {
  if (!vast.test(text)) return value
  const infinite = unfitValues(value).find(({ reason }) => reason === 'not_a_number')
  if (infinite) throw new RangeError(`A number is beyond every range: ${infinite.path.join('.')}`)
  return value
}
