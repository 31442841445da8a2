import { z } from 'zod'
import { some } from '../audience.ts'
import { operation } from '../operation.ts'
import { among } from '../read-audience.ts'
import { entityId } from '../release-packages/package-values.ts'

const study = z
  .string()
  .regex(/^[\w.-]{1,64}$/, 'must be the id of a study')
  .meta({ examples: ['SD_7K3QX2M1'] })

export const packageStudySchema = z
  .object({ releasePackageId: entityId, study: study.nullable().meta({ description: 'Null: of no study' }) })
  .meta({ id: 'PackageStudy', description: 'The study whose releases make versions of a package' })

const target = { releasePackageId: entityId }
const errors = ['unauthenticated', 'forbidden', 'not_found'] as const

/** An addition to the API of MLDS: which package takes up what is released of a study. */
export const packageStudyOperations = {
  get: operation('catalog.package-study.get', {
    summary: 'The study that a package is bound to',
    effect: 'read',
    audience: among('editor', some(['administrator'], { member: 'member' })),
    input: z.object(target),
    output: packageStudySchema,
    errors,
  }),
  put: operation('catalog.package-study.put', {
    summary: 'Binds a package to a study, which is bound to no other one',
    effect: 'write',
    input: z.object({ ...target, body: z.object({ study }) }),
    output: packageStudySchema,
    errors: [...errors, 'conflict', 'key_reused'],
  }),
  delete: operation('catalog.package-study.delete', {
    summary: 'Binds a package to no study any more',
    effect: 'write',
    input: z.object(target),
    output: z.void(),
    errors: [...errors, 'key_reused'],
  }),
}
