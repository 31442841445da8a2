import type { Client } from './client.ts'

/** The path of a package, of one of its versions, of a file of that. */
export function pathOf(releasePackageId: number, releaseVersionId?: number, releaseFileId?: number): string {
  const version = releaseVersionId === undefined ? '' : `/releaseVersions/${releaseVersionId}`
  const file = releaseFileId === undefined ? '' : `/releaseFiles/${releaseFileId}`
  return `/api/releasePackages/${releasePackageId}${version}${file}`
}

/** Packages, versions and files; each answers what was created. */
export function given(editor: Client) {
  const create = async (path: string, body: unknown) => {
    const answer = await editor.post(path, body)
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`)
    return answer.body
  }
  return {
    package: (fields: object = {}) => create('/api/releasePackages', { name: 'Package', ...fields }),
    version: (releasePackageId: number, fields: object = {}) =>
      create(`${pathOf(releasePackageId)}/releaseVersions`, { name: 'Version', ...fields }),
    file: (releasePackageId: number, releaseVersionId: number, fields: object = {}) =>
      create(`${pathOf(releasePackageId, releaseVersionId)}/releaseFiles`, { label: 'File', ...fields }),
  }
}
