import { type Audience, holdsRight, type Right } from './audience.ts'
import { failure, type SlipwayError } from './error.ts'
import type { Identity } from './identity.ts'
import { viewerOf } from './release-packages/viewer.ts'

/** Who is answered at all: holders of a right, whoever is known, or nobody who is. */
export type Callers = Right | 'signed-in' | 'anonymous'

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

/** How the API that has a right refuses those who do not hold it. */
const words: Readonly<Record<Callers, Words>> = {
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
export function callersOf(audience: ReadAudience): readonly Callers[] | null {
  if (audience.callers !== undefined) return [audience.callers]
  if (audience.of !== 'some') return null
  const { account, group, member, rights } = audience
  if (account !== undefined || group !== undefined) return ['signed-in']
  return member === undefined ? rights : [...rights, 'editor']
}

/**
 * Why a caller gets no answer of a read that declares this audience, in the words of the API that it is for; undefined:
 * it goes on. Which service calls is no question of identities: the broker's permissions see to `service`.
 */
export function readRefusal(audience: ReadAudience, identity: Identity | null): SlipwayError | undefined {
  const callers = callersOf(audience)
  const [first] = callers ?? []
  if (callers === null || first === undefined || callers.some(one => isOne(one, identity))) return undefined
  if (!identity) return failure('unauthenticated', words[first].unauthenticated)
  return failure('forbidden', words[first].forbidden)
}

function isOne(callers: Callers, identity: Identity | null): boolean {
  if (callers === 'anonymous') return viewerOf(identity).kind === 'anonymous'
  return identity !== null && (callers === 'signed-in' || holdsRight(callers, identity))
}
