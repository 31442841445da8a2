import {
  failure,
  greatestDepth,
  hasTooManyValues,
  isTooDeep,
  mostValues,
  parseExact,
  unfitValues,
} from '@slipway/contracts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads a JSON body by `parseExact`. `vast`: what becomes of numbers beyond every range.
 * @throws `too_large` for too many values, `malformed` for broken UTF-8, broken JSON, absurd depth and vast numbers that are refused; the message says what
 * and where
 */
export function readJson(
  bytes: Uint8Array,
  { vast = 'refused' }: { readonly vast?: 'refused' | 'kept' } = {},
): unknown {
  if (hasTooManyValues(bytes)) throw failure('too_large', `The body has more than ${mostValues} values.`)
  try {
    const text = utf8.decode(bytes)
    const value = parseExact(text)
    if (vast === 'refused') requireRange(text)
    if (!isTooDeep(text)) return value
  } catch (cause) {
    const broken = cause instanceof TypeError ? 'The body is not valid UTF-8' : (cause as Error).message
    throw failure('malformed', broken, { cause })
  }
  throw failure('malformed', `More than ${greatestDepth} lists and objects within each other`)
}

/** Digits that may make a number infinite: in an exponent, or very many. */
const vastDigits = /\d[eE]\+?\d{3}|\d{309}/

function requireRange(text: string): void {
  if (!vastDigits.test(text)) return
  const infinite = unfitValues(JSON.parse(text)).find(({ reason }) => reason === 'not_a_number')
  if (infinite) throw new RangeError(`A number is beyond every range: ${infinite.path.join('.')}`)
}
