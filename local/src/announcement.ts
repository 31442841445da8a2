import type { Platform } from './platform/platform.ts'

type Announced = Pick<Platform, 'dataDir' | 'generated' | 'nats' | 'natsAccessFile' | 'natsUrl' | 'outbox'>

/** What the person who started the platform has to know, line by line, before it is said to be ready. */
export function announcement({ generated, dataDir, nats, natsUrl, natsAccessFile, outbox }: Announced): string[] {
  const lines: string[] = []
  if (nats) {
    lines.push(
      `NATS listens on 127.0.0.1:${nats.port}; the passwords of all its users are in ${natsAccessFile}. For programs:`,
      `  export NATS_URL=${natsUrl('integration')}`,
      'for administrators:',
      `  export NATS_URL=${natsUrl('operator')}`,
    )
  }
  if (outbox !== undefined) lines.push(`mails are kept in ${outbox}, as there is no mail server (MAIL_URL)`)
  if (generated.token === undefined && generated.password === undefined) return lines
  lines.push('the administrator "admin" was made; its credentials are shown this once and kept only as hashes:')
  if (generated.password !== undefined) lines.push(`  password  ${generated.password}`)
  if (generated.token !== undefined) lines.push(`  token     ${generated.token}`)
  lines.push(`  (of the data in ${dataDir})`)
  return lines
}
