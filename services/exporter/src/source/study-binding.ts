import { failure, type Identity } from '@slipway/contracts'
import { hasRole } from '@slipway/service'

type Extras = Readonly<Record<string, unknown>>

/** Whatever else stands in `extras.study_id` is somebody's own data. The same as `study_of` in the database. */
const studyId = /^SD_[0-9A-Za-z_-]{1,60}$/

function studyOf({ study_id }: Extras): string | undefined {
  return typeof study_id === 'string' && studyId.test(study_id) ? study_id : undefined
}

/**
 * Binding a source to a study puts it into the releases of that study, so it is for those who may release it: people
 * whose groups hold the study, and administrators. A binding that is there may stay, and anybody who may change the
 * source may take it away.
 * @throws `forbidden`
 */
export function requireBindingRight(identity: Identity | null, extras: Extras, before: Extras = {}): void {
  const study = studyOf(extras)
  if (study === undefined || study === studyOf(before)) return
  if (identity?.groups.includes(study) || hasRole(identity, 'ADMIN', 'staff')) return
  throw failure('forbidden', `Only members of the study ${study} may bind a source to it.`)
}

/** Extras of a copy, which is bound to nothing. */
export function unboundExtras(extras: Extras): Extras {
  if (studyOf(extras) === undefined) return extras
  const { study_id, ...rest } = extras
  return rest
}
