import { type Operation, operations, parseExact, readInput } from '@slipway/contracts'
import { expect, test } from 'vitest'
import { versionsWith, wholeInput } from './bad-inputs.ts'

const large = '12345678901234567890'
const asRead = String(Number(large))

/** Numbers by their nature, whose digits beyond a double's are of no use. */
const doubles = /\.sort_weight$/

/** What an operation makes of its inputs with this JSON in one place after the other. */
function* outcomes(operation: Operation, json: string) {
  for (const { place, text } of versionsWith(wholeInput(operation, {}), json)) {
    const input = readInput(operation.input, parseExact(text))
    if (input.success) yield { what: `${operation.subject} ${place}`, written: JSON.stringify(input.data) }
  }
}

test('a large integer is kept or refused by every field of every operation, never rounded', () => {
  const rounded: string[] = []
  let kept = 0
  for (const operation of operations) {
    for (const { what, written } of outcomes(operation, large)) {
      if (written.includes(asRead) && !doubles.test(what)) rounded.push(what)
      if (written.includes(large)) kept++
    }
  }
  expect(rounded).toEqual([])
  expect(kept).toBeGreaterThan(10)
})

test('where any JSON may stand, numbers within it stay as they were written', () => {
  const json = `{"n":[${large},1.0000000000000000001]}`
  const free = new Set<string>()
  for (const operation of operations) {
    for (const { what, written } of outcomes(operation, json)) if (written.includes(json)) free.add(what)
  }
  for (const what of [
    'slipway.v1.coordinator.study-object.edit body',
    'slipway.v1.exporter.concept.create body.extras',
    'slipway.v1.exporter.mapping.update body.extras',
    'slipway.v1.exporter.org.create body.extras',
    'slipway.v1.exporter.source.create body.identifier',
    'slipway.v1.exporter.source-version.update body.extras',
  ]) {
    expect(free).toContain(what)
  }
})
