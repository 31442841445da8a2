import { fileURLToPath } from 'node:url'
import { operations } from '../catalogue.ts'
import { errorCatalogue } from '../error.ts'
import { commonErrors, type Operation, serviceNames } from '../operation.ts'
import { serviceOperations } from '../platform-operations.ts'

/** The page for people, beside the other documentation. */
export const errorListFile = fileURLToPath(new URL('../../../../docs/errors.md', import.meta.url))

/** The list of errors as Markdown: the catalogue, and what each operation may answer. */
export function errorList(): string {
  return `${introduction}
${table(
  ['Code', 'HTTP', 'Try again', 'Meaning'],
  Object.entries(errorCatalogue).map(([code, { status, retryable, summary }]) => [
    `\`${code}\``,
    String(status),
    retryable ? 'yes' : 'no',
    summary,
  ]),
)}

## Which operation answers what

Any operation may answer ${commonErrors.map(code => `\`${code}\``).join(', ')}; \`malformed\`, when the
request is no JSON; and \`unauthenticated\`, when the identity token is not good. Beyond these:

${table(
  ['Operation', 'Errors'],
  [...operationRows(), ...serviceRows()].map(({ name, errors }) => [
    `\`${name}\``,
    errors.map(code => `\`${code}\``).join(', ') || 'none',
  ]),
)}
`
}

const introduction = `<!-- Written by \`npm run docs -w packages/contracts\` from the error catalogue. Changes belong there. -->

# Errors

A service that cannot do what was asked answers with one of these codes. On the bus the code stands in the body
(\`{"code", "message", "details"?, "retryAfter"?}\`, see [bus.md](bus.md#errors)); over HTTP the gateway puts it into the
error shape of the API that was called, with the status below unless that API is known for another one: the Kids First
Release Coordinator, for instance, answers 403 where others answer 401.

Programs should decide by the code, never by the message. \`details\` names each field that is wrong: \`path\` (the way
to the field), \`reason\` (for programs) and \`message\` (for people).

"Try again" means that the same request may succeed later without a change; wait \`retryAfter\` seconds (HTTP:
\`Retry-After\`) if it is given. A write should be repeated with the same command id (HTTP: \`Idempotency-Key\`, where the
API takes it), because after \`timeout\` it may have been done.
`

type Row = { readonly name: string; readonly errors: readonly string[] }

const rowOf = ({ service, noun, verb, errors }: Operation): Row => ({ name: `${service}.${noun}.${verb}`, errors })

/** Operations that every service answers stand once, at the end. */
const everywhere = new Set(serviceNames.flatMap(name => Object.values(serviceOperations(name)).map(one => one.subject)))

function operationRows(): Row[] {
  return operations.filter(operation => !everywhere.has(operation.subject)).map(rowOf)
}

function serviceRows(): Row[] {
  return Object.values(serviceOperations('gateway'))
    .map(rowOf)
    .map(row => ({ ...row, name: row.name.replace('gateway', '<service>') }))
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}
