import { affiliateTypes } from '@slipway/contracts'
import { type HiddenThings, type Viewer, viewers } from '../../support/hidden-things.ts'
import type { DescribedOperation } from './described-operations.ts'

type Ids = Readonly<Record<string, string | number>>

/** Values for the parameters of a path: of a thing that is there, and of one that never was. */
export type Seed = {
  readonly hidden: Ids
  readonly absent: Ids
  /** From whom it is hidden. */
  readonly from: readonly Viewer[]
  /** Those to whom the API must say 403 and 404, for clients of the system that it is compatible with. */
  readonly told?: readonly Viewer[]
}

/** What the ids in a path name. */
export type Rule = {
  readonly applies: (operation: DescribedOperation) => boolean
  /** Why nobody may be kept from knowing whether it is there; else there are `seeds`. */
  readonly known?: string
  readonly seeds?: (operation: DescribedOperation) => readonly Seed[]
}

/** Addresses with ids that no description tells of, for clients of older kinds. */
export const undescribed: readonly DescribedOperation[] = ['GET', 'DELETE'].map(method => {
  return { api: 'source-exports', method, path: '/tasks/{task}/', query: [], body: undefined, types: [] }
})

const uuid = '00000000-0000-4000-8000-000000000000'
const number = 987_654_321
const login = 'nobody-yet'
const except = (...who: readonly Viewer[]) => viewers.filter(viewer => !who.includes(viewer))

const known = (path: RegExp, why: string, api?: string): Rule => ({
  applies: operation => path.test(operation.path) && (api === undefined || operation.api === api),
  known: why,
})
/** `absent`: the ids that are others. */
const hides = (path: RegExp, hidden: Ids, absent: Ids, from: readonly Viewer[] = viewers): Rule => ({
  applies: operation => path.test(operation.path),
  seeds: () => [{ hidden, absent: { ...hidden, ...absent }, from }],
})
/** Reads that MLDS answers with 403 where the version may not be seen. */
const tells = (path: RegExp, hidden: Ids, absent: Ids, from: readonly Viewer[], told: readonly Viewer[]): Rule => ({
  applies: ({ method, path: address }) => method === 'GET' && path.test(address),
  seeds: () => [{ hidden, absent: { ...hidden, ...absent }, from, told }],
})

/** Paths of a source, or of what is in it: in an org that is hidden itself, in one that is not, or of a user. */
const ofSources = (things: HiddenThings): Rule => ({
  applies: ({ api }) => api === 'source-exports',
  seeds({ path }) {
    const id = /mappings\/\{id/.test(path) ? 'M1' : 'C1'
    const common = { user: 'keeper', source: things.source, version: 'v1', id, childVersion: '1', file: 'x.zip' }
    const seed = (hidden: Ids, absent: Ids): Seed => ({ hidden, absent: { ...hidden, ...absent }, from: viewers })
    const inHidden = seed({ ...common, org: things.org }, { org: 'ABSENT' })
    const inOpen = seed({ ...common, org: 'OPEN' }, { source: 'absent' })
    if (path.startsWith('/users/')) return [inOpen]
    return path.includes('{source}') ? [inHidden, inOpen] : [inHidden]
  },
})

/** The first rule that applies counts. */
export function rulesFor(things: HiddenThings): readonly Rule[] {
  const { affiliateId, applicationId, releasePackageId, releaseVersionId, releaseFileId } = things
  const file = { releasePackageId, releaseVersionId, releaseFileId }
  const noFile = { releaseFileId: number }
  const noVersion = { releaseVersionId: number }
  /** Insiders and staff see what every member offers. */
  const outsiders = except('insider', 'sweden')
  const webhook = { id: things.webhook, delivery: things.delivery }
  return [
    known(/./, 'everybody reads them', 'release-coordinator'),
    known(/./, 'everybody reads them', 'release-schedules'),
    known(/./, 'everybody reads them', 'unified'),

    hides(/^\/tasks\/\{task\}\/$/, { task: things.task }, { task: 'BI_ABABABAB' }),
    known(/^\/user\//, 'they are of the caller'),
    known(/^\/users\/\{user\}\/(orgs\/|reactivate\/|sources\/)?$/, 'everybody reads the list of users'),
    ofSources(things),

    known(/^\/api\/v1\/(tasks|jobs)\//, 'ODM: anybody signed in reads any task by its id'),
    hides(/^\/api\/v1\/as-[^{]+\{id\}/, { id: things.study, version: 1 }, { id: 'SD_ABABABAB' }),

    hides(/^\/webhooks\/\{id\}\/deliveries\/\{/, webhook, { id: uuid, delivery: uuid }),
    hides(/^\/webhooks\/\{id\}/, webhook, { id: uuid }),
    hides(/^\/api\/v1\/accounts\/\{/, { login: things.login }, { login }),
    hides(/^\/api\/v1\/users\/me\/tokens\/\{/, { id: things.apiToken }, { id: uuid }),
    hides(/^\/api\/account\/sessions\/\{/, { series: things.session }, { series: uuid }),
    known(/^\/api\/passwordReset\/\{/, 'the id is the secret'),

    known(/^\/api\/(countries|members)\/\{/, 'everybody reads the lists'),
    known(
      /^\/api\/releasePackages\/\{\w+\}(\/(license|study|releaseVersions))?$/,
      'MLDS: no package is hidden by its id',
    ),
    hides(/^\/api\/(users|affiliates\/creator)\/\{/, { login: 'keeper' }, { login }, except('sweden')),
    hides(/^\/api\/affiliates\/\{/, { affiliateId }, { affiliateId: number }, except('sweden')),
    hides(/^\/api\/applications\/\{/, { applicationId }, { applicationId: number }, except('sweden')),
    hides(
      /^\/api\/commercialUsages\/\{/,
      { ...things.report, type: affiliateTypes[0] },
      { commercialUsageId: number },
      except('sweden'),
    ),
    tells(/releaseVersions\/\{\w+\}$/, file, noVersion, outsiders, ['user']),
    tells(/\{releaseFileId\}$/, file, noFile, outsiders, ['user']),
    tells(/\{releaseFileId\}\/download$/, file, noFile, except('sweden'), except('sweden', 'anonymous')),
    hides(/\{releaseFileId\}/, file, noFile, outsiders),
    hides(/\{releaseVersionId\}/, file, noVersion, outsiders),
  ]
}
