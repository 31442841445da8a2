/** Digits of a time, in UTC: readers look for 14 of them before the extension. */
export const digitsOf = (iso: string): string => iso.replace(/\D/g, '').slice(0, 14)

export const fileNameOf = (source: string, version: string, lastUpdated: string): string =>
  `${source}_${version}.${digitsOf(lastUpdated)}.zip`

/**
 * Name of the bytes of an export. The source is a folder of its own, because ids may hold the `_` that joins them: `a_b`
 * of `c` and `a` of `b_c` are two.
 */
export const blobNameOf = (ownerType: string, owner: string, source: string, fileName: string): string =>
  `${ownerType}/${owner}/${source}/${fileName}`
