import { html } from '../mail/html.ts'
import { type Texts, textsFor } from '../mail/languages.ts'

export type NotifiedPerson = {
  readonly firstName: string | null
  readonly lastName: string | null
  readonly language: string | null
}

export type NotifiedVersion = {
  readonly packageName: string | null
  readonly versionName: string | null
  readonly url: string
}

type Words = {
  readonly language: string
  readonly subject: string
  readonly greeting: string
  readonly body: string
  readonly link: string
}

const texts: Texts<Words> = {
  en: {
    language: 'en',
    subject: 'Release notification',
    greeting: 'Dear',
    body: 'A release that your licence covers is available:',
    link: 'View the release',
  },
  de: {
    language: 'de',
    subject: 'Benachrichtigung über eine Veröffentlichung',
    greeting: 'Guten Tag',
    body: 'Eine Veröffentlichung, die Ihre Lizenz umfasst, ist verfügbar:',
    link: 'Veröffentlichung ansehen',
  },
  es: {
    language: 'es',
    subject: 'Aviso de publicación',
    greeting: 'Estimado/a',
    body: 'Está disponible una publicación incluida en su licencia:',
    link: 'Ver la publicación',
  },
  fr: {
    language: 'fr',
    subject: 'Avis de publication',
    greeting: 'Bonjour',
    body: 'Une publication couverte par votre licence est disponible :',
    link: 'Voir la publication',
  },
  sv: {
    language: 'sv',
    subject: 'Meddelande om ny utgåva',
    greeting: 'Hej',
    body: 'En utgåva som omfattas av din licens finns tillgänglig:',
    link: 'Visa utgåvan',
  },
}

/** The mail that tells one person of a version, in that person's language. Names are text, also where they hold HTML. */
export function notificationMail(person: NotifiedPerson, version: NotifiedVersion): { subject: string; html: string } {
  const words = textsFor(texts, person.language)
  const names = [version.packageName, version.versionName].filter(Boolean).map(name => plainText(name as string))
  const fullName = [person.firstName, person.lastName].filter(Boolean).join(' ')
  return {
    subject: [words.subject, names.join(' - ')].filter(Boolean).join(': '),
    html: [
      `<!DOCTYPE html><html lang="${words.language}"><body>`,
      html`<p>${[words.greeting, fullName].filter(Boolean).join(' ')},</p>`,
      html`<p>${words.body}<br><strong>${names.join(' - ')}</strong></p>`,
      html`<p><a href="${version.url}">${words.link}</a></p>`,
      '</body></html>',
    ].join('\n'),
  }
}

/** Names may be written in HTML; a subject has none. */
function plainText(name: string): string {
  return name
    .replaceAll(/<[^<>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
