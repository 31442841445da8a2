import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

export type WorkspaceResult = {
  readonly workspace: string
  readonly passed: number
  readonly skipped: number
  /** From the start of its run to the end of its last test file; 0 where there is no report. */
  readonly seconds: number
  /** One line each: file, full name and the first line of its error, or what went wrong outside any test. */
  readonly failures: readonly string[]
}

/** The parts of vitest's JSON report that are read here. */
type Report = {
  readonly success: boolean
  /** Milliseconds, as of `Date.now()`. */
  readonly startTime: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly endTime: number
    readonly message?: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly fullName: string
      readonly failureMessages?: readonly string[]
    }[]
  }[]
}

const resultsFile = (root: string, workspace: string): string => join(root, workspace, '.results/vitest.json')

/** Removes what an earlier run reported, so that it cannot be taken for this run's. */
export function removeResults(root: string, workspaces: readonly string[]): void {
  for (const workspace of workspaces) rmSync(resultsFile(root, workspace), { force: true })
}

/**
 * What vitest reported for a workspace. A missing report is a failure: the run broke down. So is a file that could not be
 * loaded, and a run that vitest calls unsuccessful although no test failed (an unhandled error).
 */
export function readResult(root: string, workspace: string): WorkspaceResult {
  let report: Report
  try {
    report = JSON.parse(readFileSync(resultsFile(root, workspace), 'utf8')) as Report
  } catch {
    return {
      workspace,
      passed: 0,
      skipped: 0,
      seconds: 0,
      failures: [`${workspace}: vitest left no report, see its output above`],
    }
  }
  const tests = report.testResults.flatMap(file =>
    file.assertionResults.map(test => ({ ...test, file: shortPath(root, file.name) })),
  )
  const failures = tests
    .filter(test => test.status === 'failed')
    .map(test => {
      const [message = ''] = test.failureMessages ?? []
      return `${test.file} > ${test.fullName}${message && `: ${firstLine(message)}`}`
    })
  for (const file of report.testResults) {
    const testFailed = file.assertionResults.some(test => test.status === 'failed')
    if (file.status !== 'failed' || testFailed) continue
    failures.push(
      `${shortPath(root, file.name)}: ${firstLine(file.message ?? '') || 'the file failed outside its tests'}`,
    )
  }
  if (!report.success && failures.length === 0)
    failures.push(`${workspace}: an error outside the tests, see its output`)
  return {
    workspace,
    passed: tests.filter(test => test.status === 'passed').length,
    skipped: tests.filter(test => test.status !== 'passed' && test.status !== 'failed').length,
    seconds: Math.max(0, ...report.testResults.map(file => file.endTime - report.startTime)) / 1000,
    failures,
  }
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? ''

const shortPath = (root: string, path: string): string =>
  path.startsWith(root) ? path.slice(root.length).replace(/^[/\\]/, '') : path
