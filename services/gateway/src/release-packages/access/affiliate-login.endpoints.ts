import { accountOperations, affiliateOperations, affiliateSchema, failure } from '@slipway/contracts'
import { isUniqueViolation } from '@slipway/store'
import type { FastifyReply } from 'fastify'
import type { z } from 'zod'
import { parsed } from '../../api/platform-errors.ts'
import { type Account, findAccount } from '../../identity/account.store.ts'
import { changedFields } from '../../identity/account.ts'
import { insertAccount } from '../../identity/account-change.ts'
import { authorOf, platformAuthor } from '../../identity/delegation.ts'
import { beginReset } from '../../identity/password-reset.ts'
import { jsonObject } from '../body.ts'
import type { Endpoint, EndpointCall } from '../endpoint.ts'
import { affiliateLoginInput } from './person-input.ts'

type LoginInput = z.output<typeof affiliateLoginInput>

const noted = affiliateSchema.pick({ creator: true })
const taken = () => failure('conflict', 'There is an account with this login.')

/**
 * Makes an account for an affiliate that was taken in, and mails its owner the key for a password. The account, which
 * its event ties to the affiliate, comes first; should the platform die after that, asking again mails the key.
 */
async function createLogin(endpointCall: EndpointCall): Promise<FastifyReply> {
  const { request, reply, call, options } = endpointCall
  const input = parsed(affiliateLoginInput, jsonObject(request))
  const { affiliateId } = input
  const reading = { ...call, commandId: undefined }
  const affiliate = await options.bus.request(affiliateOperations.get, { affiliateId }, reading)
  const { creator } = noted.parse(JSON.parse(Buffer.from(affiliate.body).toString('utf8')))
  const account =
    creator === null ? await makeLogin(endpointCall, input) : await unusedLogin(endpointCall, input, creator)
  const reset = await beginReset(options.store, account.id)
  if (!reset) throw taken()
  const told = { ...reset.told, affiliate_id: affiliateId }
  await options.bus.call(accountOperations.note, { account: told, reset_key: reset.key }, reading)
  return reply.code(201).header('content-length', '0').send()
}

/** @throws `conflict` when the login is taken, `forbidden` when the caller may not make accounts */
async function makeLogin({ caller, options }: EndpointCall, input: LoginInput): Promise<Account> {
  const { affiliateId, affiliateDetails } = input
  const { email, firstName, lastName } = affiliateDetails
  const person = { email, givenName: firstName ?? null, familyName: lastName ?? null, roles: ['ROLE_USER'] }
  const author = caller ? authorOf(caller) : platformAuthor('system')
  try {
    const fields = changedFields(undefined, person, null)
    const account = await insertAccount(options.store, email, fields, author, { affiliateId })
    await options.announceChange()
    return account
  } catch (error) {
    throw isUniqueViolation(error) ? taken() : error
  }
}

/** The account that was made for the affiliate before, if nobody has set its password yet. @throws `conflict` */
async function unusedLogin({ options }: EndpointCall, input: LoginInput, creator: string): Promise<Account> {
  if (creator !== input.affiliateDetails.email) throw failure('conflict', 'The affiliate has a login.')
  const account = await findAccount(options.store, creator)
  if (!account || account.password_hash !== null) throw taken()
  return account
}

export const affiliateLoginEndpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/api/account/create',
    audience: 'administrator',
    answer: createLogin,
    describe: {
      summary: 'Makes a login for an affiliate that has none, and mails its owner the key for a password',
      success: 201,
    },
  },
]
