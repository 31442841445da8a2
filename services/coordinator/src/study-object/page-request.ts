import { failure } from '@slipway/contracts'
import { type Sort, sortColumns } from './study-object.store.ts'

export type Page = { readonly limit: number; readonly offset: number }
type Sent = { readonly pageLimit?: string | undefined; readonly pageOffset?: string | undefined }
type Limits = { readonly least: number; readonly fallback: number }

const most = 2000

/** Which part of a list is wanted. @throws `invalid` */
export function readPage({ pageLimit, pageOffset }: Sent, { least, fallback }: Limits): Page {
  return {
    limit: readNumber('pageLimit', pageLimit, least, most) ?? fallback,
    offset: readNumber('pageOffset', pageOffset, 0, Number.MAX_SAFE_INTEGER) ?? 0,
  }
}

function readNumber(name: string, text: string | undefined, least: number, greatest: number): number | undefined {
  if (text === undefined || text === '') return undefined
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (number >= least && number <= greatest) return number
  const range = greatest === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `between ${least} and ${greatest}`
  throw failure('invalid', `${name} must be a whole number ${range}.`)
}

/** `name`, `+name`, `-name`; a plus that was not encoded arrives as a blank. @throws `invalid` */
export function readSort(text: string | undefined): Sort {
  const [, sign, by = 'id'] = /^([+ -]?)(.*)$/s.exec(text || 'id') ?? []
  if (!Object.hasOwn(sortColumns, by)) {
    throw failure('invalid', `sort must be one of ${Object.keys(sortColumns).join(', ')}, with + or - in front.`)
  }
  return { by: by as Sort['by'], descending: sign === '-' }
}
