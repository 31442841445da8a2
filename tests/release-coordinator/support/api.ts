import { inject } from 'vitest'
import { clients } from './callers.ts'
// Brings the names of what is provided into the types of `inject`.
import type {} from './global-setup.ts'

export const { url: issuerUrl, key: issuerKey } = inject('releaseCoordinatorIssuer')

/** The callers of the platform that all files share. */
export const api = clients(inject('releaseCoordinatorUrl'), issuerKey)
export const { url } = api.anonymous
