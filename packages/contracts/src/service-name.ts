export const serviceNames = ['registry', 'coordinator', 'catalog', 'exporter', 'gateway'] as const
export type ServiceName = (typeof serviceNames)[number]
