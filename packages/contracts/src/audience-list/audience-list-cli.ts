/** `npm run docs`: writes who reads what, for people, from the declarations. */
import { writeFile } from 'node:fs/promises'
import { audienceList, audienceListFile } from './audience-list.ts'

await writeFile(audienceListFile, audienceList())
console.log(`${audienceListFile} written.`)
