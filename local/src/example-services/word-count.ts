import { access, readFile, writeFile } from 'node:fs/promises'
import { listenHttp, platformOverHttp, taskFiles, taskService } from '@slipway/participant'

const { PLATFORM = 'http://127.0.0.1:8080', TOKEN = '', PORT = '5001' } = process.env
const service = taskService<{ words: number }>({
  name: 'word count',
  message: 'counts the words of SD_….txt, of each study',
  version: '1.0.0',
  tasks: await taskFiles('tasks'),
  platform: platformOverHttp({ url: PLATFORM, token: TOKEN }),
  log: console.error,

  async check({ studies }) {
    for (const study of studies) await access(`${study}.txt`)
  },
  async stage({ task: { studies }, signal, progress }) {
    let words = 0
    for (const [index, study] of studies.entries()) {
      const text = await readFile(`${study}.txt`, { encoding: 'utf8', signal })
      words += text.split(/\s+/u).filter(word => word !== '').length
      progress(Math.floor((100 * (index + 1)) / studies.length))
    }
    return { result: { words } }
  },
  async publish({ task: { release_id, result } }) {
    await writeFile(`${release_id}.json`, JSON.stringify(result))
  },
})
const { url } = await listenHttp(service, { port: Number(PORT) })
console.log(`to be registered: ${url}`)
