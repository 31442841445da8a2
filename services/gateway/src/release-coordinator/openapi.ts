import { openApiDocument, type RouteDescription } from '@slipway/contracts'
import { z } from 'zod'
import { addressOf, bodyTypes } from '../api/openapi.ts'
import { errorShape, statusOf } from './error-shape.ts'
import type { Method, Resource, Route } from './resource.ts'
import { resources } from './resources.ts'

const credentials = [{ bearer: [] }, { basic: [] }]

/** OpenAPI 3.1 description of the Kids First Release Coordinator API, derived from the table its routes are served from. */
export function releaseCoordinatorDocument(version: string) {
  return openApiDocument({
    title: 'Release Coordinator API',
    version,
    description:
      'The API of the Kids First Release Coordinator: releases of studies, the task services that take part in them, ' +
      'and the log of what happened.',
    routes: resources.flatMap(resource =>
      Object.entries(resource.methods).map(([method, route]) => describeRoute(resource, method as Method, route)),
    ),
    errorShape,
    errorStatus: code => statusOf({ code, status: Number.NaN }) || undefined,
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer', description: 'An API token, or a token of the configured issuer' },
      basic: { type: 'http', scheme: 'basic' },
    },
    otherPaths: { '/': { get: rootItem } },
  })
}

const rootItem = {
  operationId: 'root',
  summary: 'Where the lists are',
  responses: {
    200: {
      description: 'Success',
      content: {
        'application/json': { schema: { type: 'object', additionalProperties: { type: 'string', format: 'uri' } } },
      },
    },
  },
}

function describeRoute(resource: Resource, method: Method, route: Route): RouteDescription {
  const { operation, form, right = resource.right } = route
  const path = addressOf(resource.path)
  return {
    method: method.toLowerCase() as RouteDescription['method'],
    path,
    operation,
    ...(form && { body: 'body', consumes: bodyTypes }),
    statuses: { success: successOf(method, route) },
    tags: [path.split('/')[1] as string],
    security: operation.effect === 'read' || right === 'anyone' ? [] : credentials,
  }
}

function successOf(method: Method, { operation, form }: Route): number {
  if (operation.output instanceof z.ZodVoid) return 204
  return method === 'POST' && form ? 201 : 200
}
