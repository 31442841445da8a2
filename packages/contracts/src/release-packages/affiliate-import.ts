import { z } from 'zod'

/** Greatest table of affiliates that is taken in, in bytes. */
export const largestAffiliateTable = 8 * 2 ** 20

const count = z.int().meta({ description: '-1: nothing was taken in' })

export const affiliateImportSchema = z
  .object({
    success: z.boolean(),
    readRows: z.int().meta({ description: 'Lines of the table, the empty ones and the first one included' }),
    importedRecords: count,
    newRecords: count,
    updatedRecords: count,
    sourceMemberKey: z.string().nullable().meta({ description: 'The member in the last line' }),
    errors: z.array(z.string()),
    durationMillis: z.int(),
  })
  .meta({ id: 'MldsAffiliateImport', description: 'What became of a table of affiliates' })
export type AffiliateImport = z.output<typeof affiliateImportSchema>

export const affiliateImportSpecSchema = z
  .object({
    columns: z.array(
      z.object({
        columnName: z.string(),
        attributeClass: z.string(),
        required: z.boolean(),
        example: z.string(),
        options: z.array(z.string()).meta({ description: 'None: any text' }),
      }),
    ),
    example: z.string().meta({ description: 'A table of two affiliates' }),
  })
  .meta({ id: 'MldsAffiliateImportSpec', description: 'The table of affiliates that can be taken in' })
