import '../check-node.ts'
import { parseArgs } from 'node:util'
import { errorText } from '@slipway/contracts'
import { listenHttp } from '@slipway/participant'
import { onInterruption } from '../interruption.ts'
import { checksumManifest } from './checksum-manifest.ts'
import { slowReview } from './slow-review.ts'

const usage = `Runs one of the example task services.

  npm run example-task-service -- slow-review [--port 5001] [--seconds 20]
  npm run example-task-service -- checksum-manifest --files FOLDER --output FOLDER [--port 5002]
       [--platform http://127.0.0.1:8080]        with the environment variable TOKEN, to report progress

FOLDER of --files holds one folder a study, named by the study's id.
`

const say = (line: string): void => void process.stderr.write(`${line}\n`)
const interruption = onInterruption(() => process.exit(130))

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', default: false },
      port: { type: 'string', default: '0' },
      seconds: { type: 'string', default: '20' },
      files: { type: 'string' },
      output: { type: 'string' },
      platform: { type: 'string', default: 'http://127.0.0.1:8080' },
    },
  })
  const service = values.help ? undefined : await open(positionals[0], values)
  if (service) {
    const server = await listenHttp(service, { port: Number(values.port) })
    process.stdout.write(`ready ${server.url}\n`)
    await interruption.first
    await server.close()
    await service.close()
  } else {
    process.stdout.write(usage)
    process.exitCode = values.help ? 0 : 1
  }
} catch (error) {
  say(errorText(error))
  process.exitCode = 1
}

async function open(
  name: string | undefined,
  values: { files?: string; output?: string; platform: string; seconds: string },
) {
  if (name === 'slow-review') return slowReview({ reviewMs: Number(values.seconds) * 1_000 })
  if (name !== 'checksum-manifest' || !values.files || !values.output) return undefined
  const { files, output, platform: platformUrl } = values
  return checksumManifest({ files, output, platformUrl, token: process.env.TOKEN ?? '', log: say })
}
