import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const { resolve } = createRequire(import.meta.url)

/** Path of a file that a package of npm brings along. */
export const npmFile = (name: string, file: string): string => join(dirname(resolve(`${name}/package.json`)), file)
