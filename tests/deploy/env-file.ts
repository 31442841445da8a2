/** Reads `NAME=value` lines; comments and empty lines are passed over. */
export function readEnvFile(text: string): Record<string, string> {
  const lines = text.split('\n').filter(line => line.trim() !== '' && !line.startsWith('#'))
  return Object.fromEntries(
    lines.map(line => {
      const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? []
      if (name === undefined || value === undefined) throw new Error(`not a variable: ${line}`)
      return [name, value]
    }),
  )
}

const reference = /\$\{([A-Z0-9_]+)(?:(:?[-?])([^}]*))?\}/g

/** Variables that a text of a compose file refers to. */
export function referencedVariables(text: string): string[] {
  return [...text.matchAll(reference)].map(match => match[1] as string)
}

/** Puts variables in as compose does: `${NAME}`, `${NAME:-default}`, `${NAME:?complaint}`. */
export function interpolate(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(reference, (_all, name: string, operator: string | undefined, argument: string) => {
    const value = variables[name]
    if (value) return value
    if (operator?.endsWith('?')) throw new Error(`${name}: ${argument}`)
    return operator?.endsWith('-') ? argument : ''
  })
}
