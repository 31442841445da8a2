/**
 * The URL of a request as Django behind its web server reads it: slashes in a row are one, and `;` separates parameters
 * like `&`. Other APIs' URLs stay as they are.
 */
export function djangoUrl(url: string): string {
  if (!/^\/+rest_api(?:[/?]|$)/.test(url)) return url
  const [path = '', ...query] = url.split('?')
  const whole = path.replaceAll(/\/{2,}/g, '/')
  return query.length === 0 ? whole : `${whole}?${query.join('?').replaceAll(';', '&')}`
}
