/** Lets one loop sleep until it is woken or a time is over. A wake-up while nobody sleeps is kept; several are one. */
export type WakeUp = {
  wake(): void
  /** True: woken. False: the time was over, maybe already when it was called. */
  sleep(ms: number): Promise<boolean>
}

export function createWakeUp(): WakeUp {
  let pending = false
  let wakeSleeper: (() => void) | undefined

  return {
    wake() {
      if (wakeSleeper) wakeSleeper()
      else pending = true
    },
    sleep(ms) {
      if (pending) {
        pending = false
        return Promise.resolve(true)
      }
      return new Promise(resolve => {
        const end = (woken: boolean) => {
          clearTimeout(timer)
          wakeSleeper = undefined
          resolve(woken)
        }
        const timer = setTimeout(end, Math.max(0, ms), false)
        wakeSleeper = () => end(true)
      })
    },
  }
}
