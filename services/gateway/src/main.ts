import { runService } from '@slipway/service'
import { gateway } from './app.ts'

await runService(gateway)
