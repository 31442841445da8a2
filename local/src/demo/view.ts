import { styleText } from 'node:util'
import type { ReleaseProgress, TaskProgress } from './release-progress.ts'

export type ViewOptions = { readonly columns: number; readonly colour: boolean }

type Style = Parameters<typeof styleText>[0]

const barWidth = 24
const styles: Readonly<Record<string, Style>> = {
  waiting: 'dim',
  running: 'cyan',
  initializing: 'cyan',
  staged: 'blue',
  publishing: 'yellow',
  published: 'green',
  canceling: 'magenta',
  canceled: 'magenta',
  failed: 'red',
  rejected: 'red',
}

/** The lines of the live view: the release, then its tasks. No line is wider than the terminal. */
export function view(release: ReleaseProgress, options: ViewOptions): string[] {
  const longest = Math.max(0, ...release.tasks.map(task => task.service.length))
  const names = Math.min(longest, 28)
  const head = [
    { text: `${release.id}  ` },
    { text: release.name, style: 'bold' as const },
    { text: `  ${release.version}  ` },
    { text: release.state, style: styles[release.state] },
  ]
  return [fit(head, options), ...release.tasks.map(task => fit(taskParts(task, names), options))]
}

type Part = { readonly text: string; readonly style?: Style | undefined }

function taskParts(task: TaskProgress, names: number): Part[] {
  const style = styles[task.state]
  const name = task.service.length > names ? `${task.service.slice(0, names - 1)}…` : task.service.padEnd(names)
  // What is done is done, whatever a service last said about it.
  const progress =
    task.state === 'staged' || task.state === 'published' ? 100 : Math.max(0, Math.min(100, task.progress))
  return [
    { text: `  ${name}  ` },
    { text: bar(progress), style },
    { text: ` ${String(Math.round(progress)).padStart(3)} %  ` },
    { text: task.state, style },
  ]
}

/** Filled in eighths of a cell. */
function bar(percent: number): string {
  const eighths = Math.round((percent / 100) * barWidth * 8)
  const full = Math.floor(eighths / 8)
  const part = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8] ?? ''
  return `${'█'.repeat(full)}${part}`.padEnd(barWidth, '░')
}

/** Cuts before it colours: codes have no width, and a cut through one would spoil the terminal. */
function fit(parts: readonly Part[], { columns, colour }: ViewOptions): string {
  let left = columns
  return parts
    .map(({ text, style }) => {
      const visible = [...text].slice(0, left).join('')
      left -= [...visible].length
      return colour && style && visible !== '' ? styleText(style, visible, { validateStream: false }) : visible
    })
    .join('')
    .trimEnd()
}
