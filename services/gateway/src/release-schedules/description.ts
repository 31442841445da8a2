import { type Identity, mayWritePdc, readOnlyFields } from '@slipway/contracts'
import { z } from 'zod'
import { bodyTypes } from '../api/openapi.ts'
import type { Resource } from './resource.ts'

/** The answer to OPTIONS: what a path is, and the fields it takes from this caller. */
export function describe(resource: Resource, path: 'list' | 'item', identity: Identity | null) {
  const { segment } = resource.resource
  const { operations } = resource
  const create = path === 'list' && operations.create && mayWritePdc(identity, segment, 'create')
  const update = operations.replace && mayWritePdc(identity, segment, 'update')
  const fields = create || update ? describeFields(resource) : undefined
  return {
    name: `${resource.name} ${path === 'list' ? 'List' : 'Instance'}`,
    description: operations.list?.summary ?? '',
    renders: ['application/json'],
    parses: bodyTypes,
    ...(fields && { actions: { ...(create && { POST: fields }), ...(update && { PUT: fields }) } }),
  }
}

function describeFields({ resource }: Resource) {
  const protectedFields = readOnlyFields(resource)
  return Object.fromEntries(
    resource.fields.map(name => {
      const schema = resource.body[name]
      return [
        name,
        {
          type: schema ? typeOf(schema) : 'field',
          required: schema !== undefined && !(schema instanceof z.ZodOptional || schema instanceof z.ZodDefault),
          read_only: protectedFields.includes(name),
          label: `${name[0]?.toUpperCase()}${name.slice(1).replaceAll('_', ' ')}`,
        },
      ]
    }),
  )
}

function typeOf(schema: z.ZodType): string {
  const inner = schema instanceof z.ZodDefault || schema instanceof z.ZodOptional ? schema.unwrap() : schema
  const { type, format } = ((inner as z.ZodType).meta() ?? {}) as { type?: string | string[]; format?: string }
  const name = typeof type === 'string' ? type : type?.find(one => one !== 'null')
  if (format === 'date') return 'date'
  return name === 'array' ? 'list' : name === 'object' ? 'nested object' : (name ?? 'field')
}
