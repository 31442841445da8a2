/** Scripts in which people write names today (UAX 31, recommended scripts); a login keeps to one of them. */
const scripts = [
  'Latin',
  'Greek',
  'Cyrillic',
  'Armenian',
  'Hebrew',
  'Arabic',
  'Thaana',
  'Devanagari',
  'Bengali',
  'Gurmukhi',
  'Gujarati',
  'Oriya',
  'Tamil',
  'Telugu',
  'Kannada',
  'Malayalam',
  'Sinhala',
  'Thai',
  'Lao',
  'Tibetan',
  'Myanmar',
  'Georgian',
  'Ethiopic',
  'Khmer',
]
/** Writing systems of several scripts. */
const systems = [
  ['Han', 'Hiragana', 'Katakana'],
  ['Han', 'Hangul'],
  ['Han', 'Bopomofo'],
]

const writtenIn = [...scripts.map(script => [script]), ...systems].map(
  system => new RegExp(`^[${system.map(script => `\\p{Script_Extensions=${script}}`).join('')}]+$`, 'u'),
)

/** Controls, formats (bidirectional ones, too), surrogates, private and unassigned characters, blanks, and what shows nothing. */
const invisible = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u
/** ASCII that is no letter: allowed beside the letters of any script. */
const neutral = /[!-@[-`{-~]/g
const letterOrDigit = /[\p{L}\p{Nd}]/u

/** Letters of phonetic and other technical alphabets, which look like those of names. The schwa is a letter in Baku. */
const technical = /[\u0250-\u0258\u025a-\u02ff\u1d00-\u1dbf\u2c60-\u2c7f\ua720-\ua7ff\uab30-\uab6f]/u

/** Letters of other scripts that are drawn like Latin ones; small ones that only look like small capitals are not. */
const likeLatin = /^[АВЕЅІЈКМНОРСТУХҮӀԌԚԜаеѕіјорсԛуѵԝхһԁүӏѡΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορυωχսոօցհՕՏՍ]+$/u

/**
 * How a login is misleading to the eye, as the end of a sentence; undefined: not at all. One that is written in letters
 * of two scripts, or in characters that show nothing or another form of a plain one, can pass for somebody else's.
 */
export function spellingFault(login: string): string | undefined {
  if (invisible.test(login)) return 'must have no blanks and no invisible characters'
  if (login.normalize('NFKC') !== login) return 'must be in plain, composed characters (Unicode NFKC)'
  if (!letterOrDigit.test(login)) return 'must have a letter or a digit'
  const letters = login.replace(neutral, '')
  if (letters === '') return undefined
  if (technical.test(letters) || !writtenIn.some(system => system.test(letters))) {
    return 'must be in the letters of one script'
  }
  return likeLatin.test(letters) ? 'must not be in letters that look like Latin ones' : undefined
}

/** Logins with the same key are the same: case does not count, nor does how a letter is encoded, nor a missing dot. */
export function loginKey(login: string): string {
  return login.normalize('NFKC').toLowerCase().normalize('NFKC').replaceAll('ı', 'i').replaceAll('i\u0307', 'i')
}
