/** Preloaded into a process: its clock is ahead of the machine's by `CLOCK_SHIFT_MS` milliseconds. */
const shiftMs = Number(process.env.CLOCK_SHIFT_MS)
const right = Date
const shifted = () => right.now() + shiftMs

globalThis.Date = new Proxy(right, {
  construct: (target, args, newTarget) =>
    Reflect.construct(
      target,
      args.length === 0 ? [shifted()] : args,
      newTarget === globalThis.Date ? target : newTarget,
    ),
  get: (target, key) => (key === 'now' ? shifted : Reflect.get(target, key)),
})

export {}
