/** One line of the report. */
export type Measurement = {
  readonly scenario: string
  readonly what: string
  readonly value: number
  readonly unit: 'ms' | '/s' | 'µs' | 'blocks' | 'MB' | 'MB/s' | 's/GB' | 'MB'
  /** What it is compared with, in the same unit. */
  readonly reference?: { readonly name: string; readonly value: number }
  /** Of the design; of the ratio where there is a reference. */
  readonly aim?: { readonly of: 'value' | 'ratio'; readonly atLeast?: number; readonly atMost?: number }
}

export function ratioOf({ value, reference }: Measurement): number | undefined {
  return reference && value / reference.value
}

/** Whether the aim is met; undefined without one. */
export function isMet(measurement: Measurement): boolean | undefined {
  const { aim, value } = measurement
  if (!aim) return undefined
  const judged = aim.of === 'value' ? value : ratioOf(measurement)
  if (judged === undefined) return undefined
  return judged >= (aim.atLeast ?? Number.NEGATIVE_INFINITY) && judged <= (aim.atMost ?? Number.POSITIVE_INFINITY)
}
