import type { FastifyRequest } from 'fastify'
import { queryParameters } from '../../http/query.ts'

/** All query parameters: which ones count is for the catalog to judge. */
export const listQuery = (request: FastifyRequest) => ({ query: queryParameters(request) })

/** What lists have in common: filters that must all hold, `FIELD` or `FIELD desc`, and pages from 0. */
export const pageParameters = ['$filter', '$orderby', '$page', '$pageSize'] as const
