/** Seconds before the next try: 0.25, 1, 4, … up to 30 or what is given, give or take a quarter. */
export function backOffSeconds(attempt: number, most = 30): number {
  const base = Math.min(most, 0.25 * 4 ** (attempt - 1))
  return base * (0.75 + Math.random() / 2)
}
