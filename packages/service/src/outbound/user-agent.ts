/**
 * What the platform calls itself in requests to addresses of others, where nothing else is agreed on: many servers refuse
 * requests without a name. To task services it goes by the name that these know, see `createServiceToken`.
 */
export const userAgent = 'Slipway/1.0'
