const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text as it stands in HTML, in attributes too. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, character => entities[character] as string)
}

/** Tag of a template of HTML: what is put in is text. */
export function html(parts: TemplateStringsArray, ...values: readonly (string | number | null)[]): string {
  return String.raw({ raw: parts }, ...values.map(value => escapeHtml(String(value ?? ''))))
}
