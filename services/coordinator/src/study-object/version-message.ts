import { failure } from '@slipway/contracts'

const defaultMessage = 'Auto-published by API call'
const longest = 1000

/**
 * The message of the versions that a publication makes; without one, that of ODM.
 * @throws `invalid` for what is too long, or cannot be kept
 */
export function readVersionMessage(given: string | undefined, fallback = defaultMessage): string {
  const message = given?.trim() ?? ''
  if (message === '') return fallback
  if ([...message].length > longest) {
    throw failure('invalid', `versionMessage must not be longer than ${longest} characters.`)
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/[\u0000-\u0008\u000b-\u001f]/.test(message) || !message.isWellFormed()) {
    throw failure('invalid', 'versionMessage must not contain control characters.')
  }
  return message
}
