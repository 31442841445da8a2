/** How far a piece of work is. */
export type Progress = {
  readonly label: string
  readonly done: number
  readonly total: number
  /** Since the work began. */
  readonly seconds: number
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

/** As people write it: `117,791`. */
export const countText = (count: number): string => whole.format(count)

/** `5,612/s`, or nothing before there is a rate. */
export const rateText = ({ done, seconds }: Progress): string =>
  seconds > 0 ? `${whole.format(done / seconds)}/s` : ''

/** Which quarter the work is in, 4 at its end: who reads lines needs no more. */
export const quarterOf = ({ done, total }: Progress): number => (total === 0 ? 4 : Math.floor((done / total) * 4))
