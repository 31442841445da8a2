/** Origins whose scripts may call the Kids First Release Coordinator, in any scheme, as in the original. */
export const kidsFirstOrigins = ['*.kidsfirstdrc.org', '*.kids-first.io', '*.netlify.com', '*.netlify.app'] as const
