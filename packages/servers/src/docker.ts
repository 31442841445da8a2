import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

let answer: Promise<boolean> | undefined

/** True when the `docker` command is there and an engine answers it within 5 s. Asked once a process. */
export function dockerAnswers(): Promise<boolean> {
  answer ??= run('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: 5_000 }).then(
    ({ stdout }) => /^\d/.test(stdout.trim()),
    () => false,
  )
  return answer
}
