import { invalid } from '@slipway/contracts'
import { wholeProblem } from '../records/problem.ts'

const longestId = 200

/** `fedora-42`, `rhel-7-updates`, and with a base product `layered-1.0@rhel-7`. @throws `invalid` when it is too long */
export function releaseId(short: string, version: string, type: string, baseProductId?: string): string {
  const id = type === 'ga' ? `${short}-${version}` : `${short}-${version}-${type}`
  return fitting(baseProductId === undefined ? id : `${id}@${baseProductId}`)
}

export function productVersionId(short: string, version: string): string {
  return fitting(`${short}-${version}`)
}

function fitting(id: string): string {
  const length = [...id].length
  if (length <= longestId) return id
  throw invalid([wholeProblem(`Ensure this value has at most ${longestId} characters (it has ${length}).`)])
}
