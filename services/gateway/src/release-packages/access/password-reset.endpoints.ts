import { accountOperations, failure } from '@slipway/contracts'
import type { FastifyReply } from 'fastify'
import { parsed } from '../../api/platform-errors.ts'
import { clientOf } from '../../http/client-address.ts'
import { limitAttempts } from '../../identity/attempts.ts'
import { hashPassword, requireShortLine } from '../../identity/password.ts'
import { accountOfKey, beginResets, finishReset } from '../../identity/password-reset.ts'
import { jsonObject } from '../body.ts'
import type { Endpoint, EndpointCall } from '../endpoint.ts'
import { ownPassword, resetInput } from './person-input.ts'

/** From one address, whether they are good or not. */
const attempts = limitAttempts({ max: 30, windowMs: 60_000 })
/** Mails to one address, whether anybody has it or not. */
const mails = limitAttempts({ max: 5, windowMs: 3_600_000 })

const ok = (reply: FastifyReply) => reply.type('text/plain; charset=utf-8').send('OK')

/** The answer is the same, and as quick, whether there is such an account or not: the mail is made after it. */
async function request({ request, reply, call, options }: EndpointCall): Promise<FastifyReply> {
  const { email } = parsed(resetInput, jsonObject(request))
  attempts.begin(clientOf(request.ip))
  mails.begin(email.toLowerCase())
  const { store, bus, logError } = options
  const mailAll = async () => {
    for (const { told, key } of await beginResets(store, email)) {
      await bus.call(accountOperations.note, { account: told, reset_key: key }, { ...call, commandId: undefined })
    }
  }
  mailAll().catch(error => logError(error, request))
  return ok(reply)
}

async function finish({ request, reply, parameters, options }: EndpointCall): Promise<FastifyReply> {
  const { password } = parsed(ownPassword, jsonObject(request))
  attempts.begin(clientOf(request.ip))
  requireShortLine()
  const key = String(parameters.token)
  const account = await accountOfKey(options.store, key)
  const hash = account && (await hashPassword(password))
  if (!account || !hash || !(await options.store.transaction(tx => finishReset(tx, account.login, key, hash)))) {
    throw failure('not_found', 'Password reset token not found in our records')
  }
  await options.announceChange()
  return ok(reply)
}

export const passwordResetEndpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/api/passwordReset',
    audience: 'anyone',
    answer: request,
    describe: { summary: 'Mails a key for a new password to whoever has the e-mail address' },
  },
  {
    method: 'POST',
    path: '/api/passwordReset/:token',
    audience: 'anyone',
    answer: finish,
    describe: { summary: 'Sets a new password by the key from the mail' },
  },
]
