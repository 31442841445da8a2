import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { numberedBytes } from './download-support/http.ts'
import { type PlacedFile, world } from './download-support/world.ts'

const megabyte = 1024 * 1024

/** With the usual limits of time: what flows beside much else may begin late. */
const slipway = world()
const { get, place, downloadsOf } = slipway

const put = (name: string, content: number): Promise<PlacedFile> =>
  place({ url: slipway.origin.put(`/${name}.zip`, { content }) })
const statusesOf = async (file: PlacedFile, count: number) =>
  (await downloadsOf(file, count)).map(({ data }) => data['download.statusCode'])

describe('many and large downloads', () => {
  const gatewayPid = () => slipway.platform.processes.find(({ service }) => service === 'gateway')?.pid

  async function peakMegabytes(): Promise<number> {
    const status = await readFile(`/proc/${gatewayPid()}/status`, 'utf8')
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024
  }

  it('fifty at once arrive whole', async () => {
    const size = 4 * megabyte
    const file = await put('small', size)
    const counts = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const answer = await get('sten', file)
        if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.bytes()}`)
        const bytes = numberedBytes()
        for await (const piece of answer.body) bytes.take(piece)
        return bytes.count
      }),
    )
    expect(new Set(counts)).toEqual(new Set([size]))
    expect(new Set(await statusesOf(file, 50))).toEqual(new Set(['200']))
  })

  it('half a gigabyte takes no memory of the gateway', async () => {
    const size = 512 * megabyte
    const file = await put('large', size)
    const before = await peakMegabytes()
    const { body, headers } = await get('sten', file)
    expect(headers['content-length']).toBe(String(size))
    const bytes = numberedBytes()
    for await (const piece of body) bytes.take(piece)
    expect(bytes.count).toBe(size)
    expect((await peakMegabytes()) - before).toBeLessThan(128)
  })
})
