import type { WorkspaceResult } from './read-results.ts'

/** The end of a test run: the failures' names, a table of the workspaces that have tests, and the totals as last line. */
export function summary(results: readonly WorkspaceResult[], failedChecks: readonly string[]): readonly string[] {
  const failures = [...failedChecks, ...results.flatMap(result => result.failures)]
  const rows = results.filter(({ passed, skipped, failures }) => passed + skipped + failures.length > 0)
  const width = Math.max(9, ...rows.map(row => row.workspace.length))
  const row = (name: string, ...cells: readonly (string | number)[]) =>
    name.padEnd(width) + cells.map(cell => String(cell).padStart(9)).join('')
  return [
    ...(failures.length === 0 ? [] : ['Failures:', ...failures.map(failure => `  ${failure}`), '']),
    row('workspace', 'passed', 'failed', 'skipped', 'seconds'),
    ...rows.map(({ workspace, passed, failures, skipped, seconds }) =>
      row(workspace, passed, failures.length, skipped, Math.ceil(seconds)),
    ),
    '',
    totals(results, failures.length),
  ]
}

/** `N passed, N failed`, and `, N skipped` if any: read by programs. */
function totals(results: readonly WorkspaceResult[], failed: number): string {
  const sum = (count: (result: WorkspaceResult) => number) => results.reduce((all, result) => all + count(result), 0)
  const skipped = sum(result => result.skipped)
  return `${sum(result => result.passed)} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
