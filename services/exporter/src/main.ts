import { runService } from '@slipway/service'
import { exporter } from './app.ts'

await runService(exporter)
