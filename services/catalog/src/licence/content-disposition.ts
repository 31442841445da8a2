/**
 * A `Content-Disposition` that saves an answer under this name (RFC 6266): quotes, backslashes and control characters
 * cannot end the header, and names beyond ASCII stand in the notation of RFC 5987 as well.
 */
export function attachment(filename: string): string {
  const name = filename.toWellFormed().replaceAll(/\p{Cc}/gu, '')
  const plain = name.replaceAll(/[^\x20-\x7e]/g, '_').replaceAll(/["\\]/g, '_')
  const extended = encodeURIComponent(name).replaceAll(/['()*]/g, hexOf)
  return `attachment; filename="${plain}"${plain === name ? '' : `; filename*=UTF-8''${extended}`}`
}

const hexOf = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
