/** `npm run docs`: writes the list of errors for people from the catalogue. */
import { writeFile } from 'node:fs/promises'
import { errorList, errorListFile } from './error-list.ts'

await writeFile(errorListFile, errorList())
console.log(`${errorListFile} written.`)
