import { type Audience, holdsRight, type Right, type ServiceAudience } from './audience.ts'
import { failure, type SlipwayError } from './error.ts'
import type { Identity } from './identity.ts'
import { viewerOf } from './release-packages/viewer.ts'
import type { ServiceName } from './service-name.ts'

/** Who is answered at all: holders of a right, whoever is known, nobody who is, or whom the broker lets ask. */
export type Callers = Right | 'signed-in' | 'anonymous' | 'let-in'

type Asked = Exclude<Callers, 'let-in'>

/**
 * Who may read what an operation answers: of a list, who sees a row of it. Names in it are fields of the row. It decides
 * who is refused before the operation looks at anything, see `readRefusal`; what depends on the row is left to the handler.
 */
export type ReadAudience = Audience & { readonly callers?: Callers }

/** The same, of those callers only: everybody else is refused, whatever it is about. */
export const among = (callers: Callers, audience: Audience): ReadAudience => ({ ...audience, callers })

/** Whoever is known. */
export const signedIn: ReadAudience = among('signed-in', { of: 'everybody' })

type Words = { readonly unauthenticated: string; readonly forbidden: string }

const packageWords: Words = {
  unauthenticated: 'Full authentication is required to access this resource',
  forbidden: 'Access is denied',
}
const unauthenticated = 'Authentication credentials were not provided.'
const forServices = 'Only services of the platform may do this.'

/** How the API that has a right refuses those who do not hold it. */
const words: Readonly<Record<Asked, Words>> = {
  'signed-in': { unauthenticated, forbidden: 'You do not have permission to perform this action.' },
  anonymous: packageWords,
  administrator: { unauthenticated, forbidden: 'Must be an admin' },
  'release-administrator': { unauthenticated, forbidden: 'Must be an admin' },
  developer: { unauthenticated, forbidden: 'Only administrators and developers may have webhooks.' },
  'package-administrator': packageWords,
  editor: packageWords,
  insider: packageWords,
  affiliate: packageWords,
  licensee: packageWords,
  staff: { unauthenticated, forbidden: 'You do not have permission to perform this action.' },
  'all-data': { unauthenticated, forbidden: 'Forbidden. Only holders of ACCESS_ALL_DATA may do this.' },
  publisher: {
    unauthenticated,
    forbidden: 'Forbidden. Only curators with ACCESS_ALL_DATA may publish all studies.',
  },
}

/** Who is answered: as declared, or everybody for whom a row could be there; null: everybody. */
export function callersOf(audience: ReadAudience): readonly Asked[] | null {
  if (audience.callers === 'let-in') return null
  if (audience.callers !== undefined) return [audience.callers]
  if (audience.of !== 'some') return null
  const { account, group, member, rights } = audience
  if (account !== undefined || group !== undefined) return ['signed-in']
  return member === undefined ? rights : [...rights, 'editor']
}

/**
 * Why a caller gets no answer of an operation that declares this audience, in the words of the API that it is for;
 * undefined: it goes on. `service`: which one calls, as it has proved, for whomever it does.
 */
export function readRefusal(
  audience: ReadAudience,
  identity: Identity | null,
  service?: ServiceName,
): SlipwayError | undefined {
  if (isForServices(audience)) {
    if (service !== undefined && audience.services.includes(service)) return undefined
    return failure(service === undefined && identity === null ? 'unauthenticated' : 'forbidden', forServices)
  }
  const callers = callersOf(audience)
  const [first] = callers ?? []
  if (callers === null || first === undefined || callers.some(one => isOne(one, identity))) return undefined
  if (!identity) return failure('unauthenticated', words[first].unauthenticated)
  return failure('forbidden', words[first].forbidden)
}

/** Whether those who call have to prove that they are one of its services. */
export function isForServices(audience: ReadAudience): audience is ServiceAudience {
  return audience.of === 'service' && audience.callers !== 'let-in'
}

function isOne(callers: Asked, identity: Identity | null): boolean {
  if (callers === 'anonymous') return viewerOf(identity).kind === 'anonymous'
  return identity !== null && (callers === 'signed-in' || holdsRight(callers, identity))
}
