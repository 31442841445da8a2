/** Words that are tried first, also when they are repeated or counted up. */
const wellKnown =
  /^(?:administrator|admin|password|passwort|passw0rd|token|secret|changeme|letmein|default|slipway|qwerty|root|test)/i

/** Characters that a token, and a password, of the administrator has at least. */
export const leastTokenLength = 12
export const leastPasswordLength = 10
/** Different ones among them. */
const leastDifferent = 6

/** Why a secret is too easily guessed, as the end of a sentence that begins with its name; undefined: it is not. */
export function weakness(secret: string, leastLength: number): string | undefined {
  if (secret.length < leastLength) return `must have at least ${leastLength} characters; ${remedy}`
  const isRow = [...secret.slice(1)].every((_, index) => step(secret, index + 1) === step(secret, 1))
  const isPoor = new Set(secret).size < leastDifferent || /^\d+$/.test(secret)
  return isPoor || isRow || isRepeatedWord(secret) ? `is easily guessed; ${remedy}` : undefined
}

const remedy = 'take a random one, e.g. of: openssl rand -hex 24'

const step = (text: string, index: number) => text.charCodeAt(index) - text.charCodeAt(index - 1)

/** A word that everybody tries, alone or again and again, with digits and signs at most. */
function isRepeatedWord(secret: string): boolean {
  const word = wellKnown.exec(secret)?.[0]
  if (word === undefined) return false
  return (
    secret
      .toLowerCase()
      .replaceAll(word.toLowerCase(), '')
      .replace(/[\d\W_]/g, '') === ''
  )
}
