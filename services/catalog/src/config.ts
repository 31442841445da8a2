import { baseConfig } from '@slipway/service'
import { z } from 'zod'

/** What the catalog reads from the environment beside what every service reads. */
export const catalogConfig = baseConfig.extend({
  SLIPWAY_PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({
      description: 'Address that links in mails start with; without it, mails with links are not sent',
    }),
  SCHEDULED_RELEASES: z.stringbool().default(false).meta({
    description: 'Start the releases of schedules that have a release template, when their day comes',
  }),
  SCHEDULED_RELEASES_SECONDS: z.coerce.number().positive().max(3_600).default(30).meta({
    description: 'Seconds between looks for schedules whose day has come',
  }),
  RELEASE_TASK_DAYS: z.coerce.number().int().min(1).default(30).meta({
    description: 'Days that tasks of releases are kept that came to nothing',
  }),
  MAIL_URL: z
    .url({ protocol: /^smtps?$/ })
    .optional()
    .meta({ description: 'Mail server, e.g. smtp://user:password@mail.example.org:587; without it, mails wait' }),
  MAIL_FOLDER: z.string().optional().meta({
    description: 'Folder in which mails are kept as .eml files where there is no mail server',
  }),
  MAIL_FROM: z.string().min(1).default('Slipway <slipway@localhost>').meta({ description: 'Sender of mails' }),
})

export type CatalogConfig = z.output<typeof catalogConfig>
