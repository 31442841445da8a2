const statement = /^(?:import|export)\s(?:[^'"`;()=]*?\sfrom\s)?['"]([^'"\n]+)['"]/gm
const call = /\bimport\(\s*['"]([^'"\n]+)['"]/g

/**
 * What a TypeScript file imports, types included, each once. Statements are read where Biome puts them, at the start of a
 * line, so that the word in a comment or in a text is not mistaken for one.
 */
export function readImports(source: string): readonly string[] {
  const code = source.replace(/^\s*(?:\/\/|\*|\/\*).*$/gm, '')
  const found = [statement, call].flatMap(pattern => [...code.matchAll(pattern)].map(match => match[1] ?? ''))
  return [...new Set(found)]
}
