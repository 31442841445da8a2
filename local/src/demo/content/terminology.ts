/** What is put into a source, as the API of the Open Concept Lab takes it. */
export type Concept = {
  readonly id: string
  readonly concept_class: string
  readonly datatype: string
  readonly names: readonly { readonly name: string; readonly locale: string; readonly locale_preferred?: boolean }[]
  readonly descriptions?: readonly { readonly description: string; readonly locale: string }[]
  readonly extras?: Readonly<Record<string, string>>
}

/** `from` and `to` are ids of concepts of the same terminology. */
export type Mapping = {
  readonly id: string
  readonly map_type: string
  readonly from: string
  readonly to: string
}

export type Terminology = { readonly concepts: readonly Concept[]; readonly mappings: readonly Mapping[] }
