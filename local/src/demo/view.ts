import { countText, type Progress, rateText } from './progress.ts'
import type { ReleaseProgress, TaskProgress } from './release-progress.ts'
import { bar, cell, fit, type LineOptions, type Part, type Style } from './text-line.ts'

const widestName = 28
const labelWidth = 20
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
export function view(release: ReleaseProgress, options: LineOptions): string[] {
  const longest = Math.max(0, ...release.tasks.map(task => task.service.length))
  const names = Math.min(longest, widestName)
  const head = [
    { text: `${release.id}  ` },
    { text: release.name, style: 'bold' as const },
    { text: `  ${release.version}  ` },
    { text: release.state, style: styles[release.state] },
  ]
  return [fit(head, options), ...release.tasks.map(task => fit(taskParts(task, names), options))]
}

function taskParts(task: TaskProgress, names: number): Part[] {
  const style = styles[task.state]
  // What is done is done, whatever a service last said about it.
  const progress =
    task.state === 'staged' || task.state === 'published' ? 100 : Math.max(0, Math.min(100, task.progress))
  return [...barParts(cell(task.service, names), progress, style), { text: task.state, style }]
}

/** The line of a piece of work. */
export function progressLine(progress: Progress, options: LineOptions): string {
  const percent = progress.total === 0 ? 100 : (progress.done / progress.total) * 100
  const style = percent < 100 ? 'cyan' : 'green'
  const text = `${countText(progress.done)}  ${rateText(progress)}`
  return fit([...barParts(cell(progress.label, labelWidth), percent, style), { text }], options)
}

function barParts(name: string, percent: number, style: Style | undefined): Part[] {
  return [
    { text: `  ${name}  ` },
    { text: bar(percent), style },
    { text: ` ${String(Math.floor(percent)).padStart(3)} %  ` },
  ]
}
