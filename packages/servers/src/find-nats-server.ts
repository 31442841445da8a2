import { failure } from '@slipway/contracts'
import { dockerAnswers } from './docker.ts'
import { findProgram } from './find-program.ts'
import { installNats } from './install-nats.ts'

/** A program of this machine, or an image for its Docker engine. */
export type NatsProgram =
  | { readonly kind: 'program'; readonly file: string }
  | { readonly kind: 'container'; readonly docker: string; readonly image: string }

const image = 'nats:2'

/**
 * Finds something that runs NATS: `nats-server` on the PATH or in the usual places, else a Docker engine, else installs
 * it with the system's packages. Says in one line what it found; `unavailable`, with what to do, when there is no way.
 */
export async function findNatsServer(log: (line: string) => void): Promise<NatsProgram> {
  const file = await findProgram('nats-server')
  if (file) {
    log(`NATS: using ${file}`)
    return { kind: 'program', file }
  }
  const docker = await findProgram('docker')
  if (docker && (await dockerAnswers())) {
    log(`NATS: no nats-server on the PATH, using the Docker image ${image}`)
    return { kind: 'container', docker, image }
  }
  const why = await installNats(log)
  const installed = await findProgram('nats-server')
  if (installed) {
    log(`NATS: installed ${installed}`)
    return { kind: 'program', file: installed }
  }
  const advice = 'install nats-server (https://github.com/nats-io/nats-server/releases) onto the PATH, or set NATS_URL'
  throw failure(
    'unavailable',
    `there is no NATS server on this machine and ${why ?? 'installing its package brought none'}: ${advice}`,
  )
}
