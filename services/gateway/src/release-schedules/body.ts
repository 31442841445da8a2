import type { PdcResource } from '@slipway/contracts'
import { z } from 'zod'
import { type BodyRules, fieldsOfForm } from '../api/read-body.ts'

/** How bodies that describe a resource are read: repeated fields of a form make lists where the resource has lists. */
export function bodyRules({ body }: Pick<PdcResource, 'body'>): BodyRules {
  const lists = new Set(Object.keys(body).filter(name => isList(body[name] as z.ZodType)))
  return { fieldsOf: form => fieldsOfForm(form, name => lists.has(name)), urlencoded: withAmpersands }
}

/** Of a form in Django, `;` separates fields like `&`. */
const withAmpersands = (bytes: Uint8Array): Uint8Array => bytes.map(byte => (byte === 0x3b ? 0x26 : byte))

const isList = (schema: z.ZodType): boolean => {
  const inner = schema instanceof z.ZodDefault || schema instanceof z.ZodOptional ? schema.unwrap() : schema
  return (inner as z.ZodType).meta()?.type === 'array'
}
