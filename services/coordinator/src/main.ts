import { runService } from '@slipway/service'
import { coordinator } from './app.ts'

await runService(coordinator)
