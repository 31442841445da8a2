import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { freePort } from '@slipway/servers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { platformOfFile } from '../support/platform-of-file.ts'
import { blocksOf, pages, root } from './pages.ts'

const chosen = 'the-token-of-my-trial'
const running = platformOfFile(
  () => ({ adminToken: chosen, env: { coordinator: { TASK_POLL_SECONDS: '1' } } }),
  url => url,
)

/** The whole fails when an answer was an error, or none came; a refused connection (7) only says: not yet. */
const prelude = `
failed=0
curl() {
  command curl --silent --show-error --fail-with-body --max-time 30 "$@"
  status=$?
  [ $status -eq 0 ] || [ $status -eq 7 ] || failed=$status
  return $status
}
`

/** What readers are told that they will see. */
const seen: Readonly<Record<string, readonly RegExp[]>> = {
  'README.md': [/published as 0\.1\.0/],
  'docs/bulk-import.md': [/"SUCCESS"/, /"display_name": ?"Pink"/],
  'docs/schedules.md': [/"name": ?"Spring"/],
}

type Run = { readonly code: number | null; readonly output: string }

/** Runs commands as a reader does, in one shell, with the addresses of this run put in. */
async function run(commands: string, environment: Readonly<Record<string, string>> = {}): Promise<Run> {
  const script = commands.replaceAll('http://127.0.0.1:8080', running.url).replaceAll('5001', String(await freePort()))
  const shell = spawn('sh', ['-c', `${prelude}${script}\nexit $failed`], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const end = () => {
    try {
      process.kill(-(shell.pid as number), 'SIGTERM')
    } catch {
      // Nobody of the group is left.
    }
  }
  onTestFinished(end)
  let output = ''
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.on('data', chunk => {
      output += chunk
    })
  }
  // What was started in the background goes on, and holds the output open.
  const [code] = (await once(shell, 'exit')) as [number | null]
  return { code, output }
}

const meant = pages.flatMap(page => {
  const blocks = blocksOf(page).filter(({ info }) => info === 'sh run')
  return blocks.length > 0 ? [{ page, commands: blocks.map(({ text }) => text).join('\n') }] : []
})

describe('commands that run as they are printed', () => {
  it('are on the first page, and begin with the token', () => {
    expect(meant[0]).toMatchObject({ page: 'README.md', commands: expect.stringMatching(`^export TOKEN=${chosen}`) })
  })

  it.each(meant)('$page', async ({ page, commands }) => {
    const { code, output } = await run(commands, { TOKEN: chosen, NATS_URL: running.platform.natsUrl('integration') })
    expect(code, output).toBe(0)
    for (const words of seen[page] ?? []) expect(output).toMatch(words)
  })
})
