import { isMet, type Measurement, ratioOf } from './measurement.ts'

const head = ['what', 'platform', 'reference', '', 'ratio', 'aim', '']

/** The measurements as a table for a terminal, one block a scenario. */
export function renderTable(measurements: readonly Measurement[]): string {
  const blocks = [...Map.groupBy(measurements, ({ scenario }) => scenario)]
  const rows = measurements.map(cells)
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map(row => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 || column === 3 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return [line(head), ...blocks.flatMap(([title, block]) => ['', title, ...block.map(cells).map(line)])].join('\n')
}

function cells(measurement: Measurement): string[] {
  const { what, value, unit, reference } = measurement
  const ratio = ratioOf(measurement)
  const met = isMet(measurement)
  return [
    `  ${what}`,
    figure(value, unit),
    reference ? figure(reference.value, unit) : '',
    reference?.name ?? '',
    // A reference too small for the clock has no ratio.
    ratio === undefined || !Number.isFinite(ratio) ? '' : ratio.toFixed(2),
    aimText(measurement),
    met === undefined ? '' : met ? 'ok' : 'missed',
  ]
}

function figure(value: number, unit: Measurement['unit']): string {
  const digits = unit === 's/GB' || (unit === 'ms' && value < 100) ? 2 : 0
  const number = value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return unit === '/s' ? `${number}/s` : `${number} ${unit}`
}

function aimText({ aim, unit }: Measurement): string {
  if (!aim) return ''
  const show = (value: number) => (aim.of === 'ratio' ? value.toFixed(2) : figure(value, unit))
  return aim.atLeast === undefined ? `<= ${show(aim.atMost ?? 0)}` : `>= ${show(aim.atLeast)}`
}
