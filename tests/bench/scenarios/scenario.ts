import type { Ground } from '../ground/ground.ts'
import type { References } from '../references/references.ts'
import type { Measurement } from '../report/measurement.ts'

/** Measures something; `seconds` is the time given to each way of each measurement. */
export type Scenario = (ground: Ground, references: References, seconds: number) => Promise<readonly Measurement[]>
