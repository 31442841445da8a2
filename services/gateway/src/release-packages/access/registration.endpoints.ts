import { countryOperations, failure, isFailure, unfitText } from '@slipway/contracts'
import type { FastifyReply } from 'fastify'
import { parsed } from '../../api/platform-errors.ts'
import { clientOf } from '../../http/client-address.ts'
import { lastValue, queryParameters } from '../../http/query.ts'
import { findAccount, maySignIn } from '../../identity/account.store.ts'
import { changedFields } from '../../identity/account.ts'
import { activateAccount, newRegistration } from '../../identity/activation.ts'
import { limitAttempts } from '../../identity/attempts.ts'
import { platformAuthor } from '../../identity/delegation.ts'
import { isFromForeignPage } from '../../identity/foreign-page.ts'
import { hashPassword, requireShortLine } from '../../identity/password.ts'
import { accountKey } from '../../identity/revocation.store.ts'
import { jsonObject } from '../body.ts'
import type { Endpoint, EndpointCall } from '../endpoint.ts'
import { makeAccount } from './person.ts'
import { registrationInput } from './person-input.ts'
import { startSession } from './session-cookie.ts'

/** Registrations from one address: deriving a password costs, and each sends a mail. */
const attempts = limitAttempts({ max: 60, windowMs: 60_000 })
/** Registrations within the hour that sent a mail to the same address, whoever has it. */
const mails = limitAttempts({ max: Number.POSITIVE_INFINITY, windowMs: 3_600_000 })
const mostMails = 5

async function register(endpointCall: EndpointCall): Promise<FastifyReply> {
  const { request, reply, call, options } = endpointCall
  const { login, password, firstName, lastName, email, langKey, country, initialUsagePeriod } = parsed(
    registrationInput,
    jsonObject(request),
  )
  requireShortLine()
  attempts.begin(clientOf(request.ip))
  await options.bus.call(countryOperations.get, country, call).catch(error => {
    throw isFailure(error, 'not_found') ? failure('refused', `Unknown country: '${country.isoCode2}'`) : error
  })
  // Clients of MLDS take "not modified" for a login that is taken.
  if (await findAccount(options.store, login)) return reply.code(304).send()
  const mailbox = email.toLowerCase()
  if (mails.count(mailbox) >= mostMails) {
    throw failure('rate_limited', 'Too many registrations with this e-mail address.', { retryAfter: 3_600 })
  }
  const change = {
    email,
    givenName: firstName,
    familyName: lastName,
    langKey: langKey ?? undefined,
    country: country.isoCode2,
    roles: ['ROLE_USER'],
    activated: false,
  }
  const fields = changedFields(undefined, change, await hashPassword(password))
  try {
    await makeAccount(endpointCall, login, fields, platformAuthor(login), {
      registration: newRegistration(call.baseUrl ?? ''),
      ...(initialUsagePeriod && {
        usagePeriod: { start_date: initialUsagePeriod.startDate, end_date: initialUsagePeriod.endDate },
      }),
    })
  } catch (error) {
    if (isFailure(error, 'conflict')) return reply.code(304).send()
    throw error
  }
  mails.begin(mailbox)
  return reply.code(201).header('content-length', '0').send()
}

/** Whoever has the key of an account is its owner, and is signed in; not so for a link on a page of somebody else. */
async function activate(endpointCall: EndpointCall): Promise<FastifyReply> {
  const { request, reply, caller, call, options } = endpointCall
  const key = lastValue(queryParameters(request), 'key') ?? ''
  const login = key === '' || unfitText(key) ? undefined : await activateAccount(options.store, key)
  if (login === undefined) throw failure('not_found', 'Not Found')
  await options.announceChange()
  const account = await findAccount(options.store, login)
  if (account) await options.showAccount(account.id)
  if (account && maySignIn(account) && !caller && !isFromForeignPage(request, call.baseUrl ?? '')) {
    const holder = { subject: account.id, login: account.login, revocation_keys: [accountKey(account)] }
    await startSession(endpointCall, holder, false)
  }
  return reply.type('text/plain; charset=utf-8').send(login)
}

export const registrationEndpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/api/register',
    audience: 'anyone',
    answer: register,
    describe: { summary: 'Registers an affiliate', success: 201, others: { 304: 'The login is taken' } },
  },
  {
    method: 'GET',
    path: '/api/activate',
    audience: 'anyone',
    answer: activate,
    changes: true,
    describe: { summary: 'Activates an account by the key that was mailed', query: ['key'], produces: ['text/plain'] },
  },
]
