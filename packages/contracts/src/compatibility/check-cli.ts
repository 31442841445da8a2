/**
 * `npm run check`: compares the contracts in the code with the released ones. Exits with 1, after a line for each
 * incompatible change, when somebody who knows the released contracts would be let down.
 */
import { compareContracts } from './compare-contracts.ts'
import { currentContracts } from './contract-document.ts'
import { readReleased } from './released-file.ts'

const released = await readReleased()
if (!released) {
  console.error('There are no released contracts yet: run `npm run release -w packages/contracts`.')
  process.exit(1)
}
const { incompatible, warnings, added } = compareContracts(released, currentContracts())
for (const line of warnings) console.warn(`warning: ${line}`)
for (const line of incompatible) console.error(`incompatible: ${line}`)
for (const name of added) console.log(`not released yet: ${name}`)
if (incompatible.length > 0) {
  console.error(`${incompatible.length} incompatible changes to the released contracts.`)
  process.exit(1)
}
const counts = `${Object.keys(released.operations).length} operations and ${Object.keys(released.events).length} events`
console.log(`Compatible with the released contracts (${counts}).`)
