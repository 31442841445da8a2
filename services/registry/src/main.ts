import { runService } from '@slipway/service'
import { registry } from './app.ts'

await runService(registry)
