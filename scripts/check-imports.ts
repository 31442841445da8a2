import { join } from 'node:path'
import { findViolations } from './imports/find-violations.ts'
import { readWorkspaces } from './imports/read-workspaces.ts'

// Who may import whom: services -> service -> bus, store, blobs -> contracts; see `imports/layers.ts`.
const workspaces = readWorkspaces(join(import.meta.dirname, '..'))
const violations = findViolations(workspaces)
for (const line of violations) console.error(line)
const files = workspaces.reduce((sum, workspace) => sum + workspace.files.length, 0)
console.log(`imports of ${files} files in ${workspaces.length} workspaces: ${violations.length} violations`)
process.exitCode = violations.length === 0 ? 0 : 1
