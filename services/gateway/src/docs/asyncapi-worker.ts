import { parentPort, workerData } from 'node:worker_threads'
import { type AsyncApiOptions, asyncApiDocument } from '@slipway/contracts'

parentPort?.postMessage(JSON.stringify(asyncApiDocument(workerData as AsyncApiOptions)))
