/**
 * One place where a receiver does not read everything that a sender may send. What that means depends on which of the
 * two is older; see `verdict.ts`.
 */
export type Finding = { readonly path: string } & FindingKind

type FindingKind =
  /** The sender may send values of these types; the receiver reads none of them. */
  | { readonly kind: 'types'; readonly types: readonly string[] }
  /** The sender may send this value of a closed set; the receiver's set lacks it. */
  | { readonly kind: 'value'; readonly value: unknown }
  /** A rule of the receiver that the sender's rules do not guarantee; `undefined`: no such rule. */
  | { readonly kind: 'rule'; readonly keyword: string; readonly sent: unknown; readonly read: unknown }
  /** The receiver needs the field; the sender may leave it out, or does not even declare it. */
  | { readonly kind: 'absent'; readonly declared: boolean }
  /** The sender knows the field; the receiver would ignore it. */
  | { readonly kind: 'unread' }
  /** The receiver knows the field as optional; the sender does not know it. */
  | { readonly kind: 'unsent' }
  /** The receiver refuses the field because it does not declare it. */
  | { readonly kind: 'refused' }
  /** The receiver has rules for fields that the sender does not declare. */
  | { readonly kind: 'checked' }
  /** The two sides assume different values for an absent field. */
  | { readonly kind: 'default'; readonly sent: unknown; readonly read: unknown }

/** How bad a finding is: `ignored` findings are what growth within a version looks like. */
export type Level = 'incompatible' | 'warning' | 'ignored'

/** Compares parts of the two schemas; handed to the comparisons of objects and arrays for what is inside them. */
export type Compare = (sent: unknown, read: unknown, path: string) => Finding[]

/** A rule of the receiver that the sender does not keep to. */
export type BrokenRule = readonly [keyword: string, sent: unknown, read: unknown]
