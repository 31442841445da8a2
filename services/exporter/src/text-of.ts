import { numberText } from '@slipway/contracts'

/** A text, or a number with the digits that it was sent with. */
export function textOf(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value.trim() : (numberText(value) ?? '')
  return text === '' ? undefined : text
}
