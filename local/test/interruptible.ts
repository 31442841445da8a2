import { onInterruption } from '../src/interruption.ts'

/** Says when it is interrupted, and goes on until it is stopped the hard way or for a minute. */
const interruption = onInterruption(() => {
  console.log('hard')
  process.exit(130)
})
setTimeout(() => {}, 60_000)
console.log(`running ${process.pid}`)
console.log(await interruption.first, interruption.signal.aborted)
