/** How to start a Node.js process whose clock is ahead of the machine's by so many milliseconds (negative: behind). */
export function shiftedClock(ms: number): { readonly execArgv: readonly string[]; readonly env: NodeJS.ProcessEnv } {
  return {
    execArgv: ['--import', new URL('./shift-clock.ts', import.meta.url).href],
    env: { CLOCK_SHIFT_MS: String(ms) },
  }
}
