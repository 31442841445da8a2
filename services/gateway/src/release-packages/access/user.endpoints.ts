import { accountOperations, failure, memberOperations, userOperations } from '@slipway/contracts'
import type { FastifyReply } from 'fastify'
import { sendReply } from '../../api/answers.ts'
import { parsed } from '../../api/platform-errors.ts'
import { findAccount } from '../../identity/account.store.ts'
import { changedFields } from '../../identity/account.ts'
import { authorOf, platformAuthor } from '../../identity/delegation.ts'
import { hashPassword } from '../../identity/password.ts'
import { jsonObject } from '../body.ts'
import type { Endpoint, EndpointCall } from '../endpoint.ts'
import { sendAnswer } from '../serve-endpoints.ts'
import { makeAccount } from './person.ts'
import { newUserInput } from './person-input.ts'

/** What the catalog does not know of a caller yet, it is told. */
async function readAccount(endpointCall: EndpointCall): Promise<FastifyReply> {
  const { caller, options } = endpointCall
  const account = caller && (await findAccount(options.store, caller.identity.login))
  const { given_name = null, family_name = null, email = null, lang_key = 'en' } = account ?? {}
  const known = { first_name: given_name, last_name: family_name, email, lang_key }
  return sendAnswer(endpointCall, accountOperations.get, { account: known })
}

async function createUser(endpointCall: EndpointCall): Promise<FastifyReply> {
  const { request, reply, caller, call, options } = endpointCall
  const input = parsed(newUserInput, jsonObject(request))
  await requireMembers(endpointCall, [input.member, ...input.roles.map(memberOfRole)])
  const change = {
    email: input.email ?? null,
    givenName: input.firstName ?? null,
    familyName: input.lastName ?? null,
    langKey: input.langKey ?? undefined,
    roles: input.roles,
    member: input.member ?? null,
  }
  const fields = changedFields(undefined, change, await hashPassword(input.password))
  const author = caller ? authorOf(caller) : platformAuthor('system')
  const { login } = await makeAccount(endpointCall, input.login, fields, author)
  const { headers, body } = await options.bus.request(userOperations.get, { login }, call)
  return sendReply({ status: 201, headers, body }, reply)
}

const memberOfRole = (role: string): string | undefined => /^ROLE_(?:STAFF|MEMBER)_(.+)$/.exec(role)?.[1]

/** @throws `refused` for a key that is no member's */
async function requireMembers({ call, options }: EndpointCall, keys: readonly (string | null | undefined)[]) {
  const given = keys.filter(key => key != null)
  if (given.length === 0) return
  const members = (await options.bus.call(memberOperations.list, {}, call)).map(({ key }) => key).sort()
  const unknown = given.find(key => !members.includes(key))
  if (unknown === undefined) return
  throw failure('refused', `Unknown member: '${unknown}'. Valid options: ${members.map(key => `${key} `).join('')}`)
}

export const userEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/api/account',
    audience: 'signed-in',
    operation: accountOperations.get,
    answer: readAccount,
    describe: { query: [] },
  },
  { method: 'GET', path: '/api/users', audience: 'editor', operation: userOperations.list },
  {
    method: 'POST',
    path: '/api/users',
    audience: 'administrator',
    answer: createUser,
    describe: { summary: 'Makes an account', success: 201 },
  },
  { method: 'GET', path: '/api/users/:login', audience: 'editor', operation: userOperations.get },
]
