import { errorCatalogue } from '@slipway/contracts'

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

const rows = Object.entries(errorCatalogue).map(
  ([code, { status, retryable, summary }]) =>
    `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${escaped(summary)}</td><td>${retryable ? 'yes' : 'no'}</td></tr>`,
)

/** The codes of all failures, each at the address that problems of the unified API name. */
export const errorPage = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>Errors of Slipway</title></head>
<body>
<h1>Errors</h1>
<p>Every failure has a code. Try again where that may help: after the seconds of <code>Retry-After</code>, if there are any.</p>
<table>
<thead><tr><th>Code</th><th>Status</th><th>What it says</th><th>Try again</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
</body>
</html>
`
