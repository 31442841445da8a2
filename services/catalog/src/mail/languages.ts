/** Texts by language; English is always there. */
export type Texts<Text> = { readonly en: Text } & Readonly<Record<string, Text>>

/** The texts for a language tag: `sv-SE` is answered by `sv`, an unknown one by English. */
export function textsFor<Text>(texts: Texts<Text>, language: string | null): Text {
  const tag = (language ?? 'en').toLowerCase().replaceAll('_', '-')
  const known = [tag, tag.split('-')[0] as string].find(candidate => Object.hasOwn(texts, candidate)) ?? 'en'
  return texts[known] as Text
}
