/**
 * `Content-Disposition` for a file that comes without one: the last segment of its path, percent-decoded. What could
 * end the quotes or the header is left out; other alphabets stand in `filename*` (RFC 6266).
 */
export function attachmentFor(path: string): string {
  const name = fileName(path)
  const plain = name.replaceAll(/[^\x20-\x7e]/g, '_')
  const quoted = `attachment; filename="${plain}"`
  return plain === name ? quoted : `${quoted}; filename*=UTF-8''${encoded(name)}`
}

function fileName(path: string): string {
  const segment = path.slice(path.lastIndexOf('/') + 1)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get into a header
  const name = decoded(segment).replaceAll(/[\u0000-\u001f\u007f-\u009f"\\/]/g, '')
  return name.isWellFormed() && name.trim() !== '' ? name.trim() : 'download'
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** Percent-encoding of RFC 8187, which leaves fewer characters as they are than that of URLs. */
function encoded(name: string): string {
  return encodeURIComponent(name).replaceAll(/['()*]/g, character => `%${character.charCodeAt(0).toString(16)}`)
}
