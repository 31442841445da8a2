/** `npm run release`: makes the contracts in the code the released ones; refuses what the check refuses. */
import { compareContracts } from './compare-contracts.ts'
import { currentContracts } from './contract-document.ts'
import { readReleased, releasedFile, writeReleased } from './released-file.ts'

const current = currentContracts()
const released = await readReleased()
// Without an earlier release, comparing the contracts with themselves still finds what could never be compared.
const { incompatible, added } = compareContracts(released ?? current, current)
if (incompatible.length > 0) {
  for (const line of incompatible) console.error(`incompatible: ${line}`)
  console.error('Nothing was released. A change that callers cannot follow needs a new version beside v1.')
  process.exit(1)
}
await writeReleased(current)
console.log(`${releasedFile} written${released ? `, ${added.length} operations and events added` : ''}.`)
