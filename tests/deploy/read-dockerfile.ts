import { DockerfileParser } from 'dockerfile-ast'
import { readText } from './deploy-files.ts'

export const dockerfilePath = 'deploy/Dockerfile'

export type Instruction = { readonly name: string; readonly text: string }
export type Stage = { readonly name: string; readonly base: string; readonly instructions: readonly Instruction[] }

export type DockerfileSummary = {
  readonly stages: readonly Stage[]
  readonly buildArguments: readonly string[]
  /** What the image asks itself, as an array of arguments. */
  readonly healthcheck: readonly string[] | undefined
}

export function readDockerfile(): DockerfileSummary {
  const lines = readText(dockerfilePath).split('\n')
  const parsed = DockerfileParser.parse(lines.join('\n'))
  const stages: { name: string; base: string; instructions: Instruction[] }[] = []
  for (const instruction of parsed.getInstructions()) {
    const name = instruction.getKeyword()
    const { start, end } = instruction.getRange()
    // The parser's own text of the arguments leaves out the flags.
    const text = lines
      .slice(start.line, end.line + 1)
      .join('\n')
      .replaceAll(/\s*\\\n\s*/g, ' ')
      .slice(start.character + name.length)
      .trim()
    const [, base, stage] = /^(\S+) AS (\S+)$/.exec(text) ?? []
    if (name === 'FROM') stages.push({ name: stage ?? '', base: base ?? text, instructions: [] })
    else stages.at(-1)?.instructions.push({ name, text })
  }
  const healthcheck = stages.at(-1)?.instructions.find(({ name }) => name === 'HEALTHCHECK')
  const command = /CMD (\[.*\])$/s.exec(healthcheck?.text ?? '')?.[1]
  return {
    stages,
    buildArguments: parsed.getARGs().map(argument => argument.getProperty()?.getName() ?? ''),
    healthcheck: command === undefined ? undefined : (JSON.parse(command) as string[]),
  }
}
