import { styleText } from 'node:util'

export type LineOptions = { readonly columns: number; readonly colour: boolean }

export type Style = Parameters<typeof styleText>[0]
export type Part = { readonly text: string; readonly style?: Style | undefined }

const barWidth = 24

/** Filled in eighths of a cell. */
export function bar(percent: number): string {
  const eighths = Math.round((percent / 100) * barWidth * 8)
  const full = Math.floor(eighths / 8)
  const part = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8] ?? ''
  return `${'█'.repeat(full)}${part}`.padEnd(barWidth, '░')
}

/** A text in a column of this width. */
export function cell(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width)
}

/** Cuts before it colours: codes have no width, and a cut through one would spoil the terminal. */
export function fit(parts: readonly Part[], { columns, colour }: LineOptions): string {
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
