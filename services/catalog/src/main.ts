import { runService } from '@slipway/service'
import { catalog } from './app.ts'

await runService(catalog)
