import './check-node.ts'
import { errorText } from '@slipway/contracts'
import { backUp, restore } from './platform/backup.ts'
import { readSettings } from './platform/settings.ts'

/** `npm run backup -- FILE` and `npm run restore -- FILE`, of the data folder SLIPWAY_DATA_DIR. */
const [what, file] = process.argv.slice(2)
const say = (line: string): void => void process.stderr.write(`${line}\n`)

try {
  if (file === undefined) {
    say(`npm run ${what} -- FILE`)
    process.exitCode = 1
  } else {
    const { dataDir = '.slipway' } = readSettings(process.env)
    if (what === 'restore') await restore(dataDir, file, say)
    else await backUp(dataDir, file, say)
    say(what === 'restore' ? `${file} is restored into ${dataDir}` : `${dataDir} is kept in ${file}`)
  }
} catch (error) {
  say(errorText(error))
  process.exitCode = 1
}
