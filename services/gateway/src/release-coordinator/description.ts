import type { Identity } from '@slipway/contracts'
import type { z } from 'zod'
import { bodyTypes } from '../api/openapi.ts'
import type { Method, Resource } from './resource.ts'
import { hasRight } from './rights.ts'

/** The answer to OPTIONS: what a path is, and the fields it takes from this caller. */
export function describe(resource: Resource, identity: Identity | null) {
  const actions = (['PUT', 'POST'] as const).flatMap(method => {
    const fields = fieldsOf(resource, method, identity)
    return fields ? [[method, fields] as const] : []
  })
  const first = Object.values(resource.methods)[0]
  return {
    name: resource.name,
    description: first?.operation.summary ?? '',
    renders: ['application/json'],
    parses: bodyTypes,
    ...(actions.length > 0 && { actions: Object.fromEntries(actions) }),
  }
}

type Property = {
  readonly type?: string | readonly string[]
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly enum?: readonly string[]
}

function fieldsOf(resource: Resource, method: Method, identity: Identity | null) {
  const route = resource.methods[method]
  if (!route?.form || !hasRight(route.right ?? resource.right, identity)) return undefined
  const { body } = (route.operation.input as z.ZodObject<{ body: z.ZodType }>).shape
  const { properties, required = [] } = (body.meta() ?? {}) as {
    properties: Record<string, Property>
    required?: readonly string[]
  }
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [
      name,
      describeField(name, property, required.includes(name)),
    ]),
  )
}

function describeField(
  name: string,
  { type, maxLength, minimum, maximum, enum: choices }: Property,
  required: boolean,
) {
  return {
    type: choices ? 'choice' : typeName(type),
    required,
    read_only: false,
    label: `${name[0]?.toUpperCase()}${name.slice(1).replaceAll('_', ' ')}`,
    ...(maxLength !== undefined && { max_length: maxLength }),
    ...(minimum !== undefined && { min_value: minimum }),
    ...(maximum !== undefined && { max_value: maximum }),
    ...(choices && { choices: choices.map(value => ({ value, display_name: value })) }),
  }
}

function typeName(type: Property['type']): string {
  const name = typeof type === 'string' ? type : type?.find(one => one !== 'null')
  return name === 'array' ? 'list' : (name ?? 'field')
}
