import { basicCredentials, eventually, mailServer } from '@slipway/testing'
import { afterAll, expect } from 'vitest'
import { client } from './client.ts'
import { platform } from './platform.ts'

/** What everybody who registers here has chosen. */
export const password = 'correct horse'

/** Somebody who registers with their address as the login. */
export const person = (login: string, more: object = {}) => ({
  login,
  password,
  firstName: 'Ann',
  lastName: 'Öberg',
  email: login,
  langKey: 'sv',
  country: { isoCode2: 'SE' },
  ...more,
})

/** Whether a mail went to an address; servers may write its domain in lower case. */
export const went = ({ recipients }: { readonly recipients: readonly string[] }, address: string) =>
  recipients.some(recipient => recipient.toLowerCase() === address.toLowerCase())

/** A platform for one test file, with a mail server, and what people do who register there. */
export async function registrations() {
  const mail = await mailServer()
  const running = platform({ MAIL_URL: mail.url, SLIPWAY_PUBLIC_URL: 'https://mlds.example.org' })
  afterAll(() => mail[Symbol.asyncDispose]())

  const as = (login: string) => client(running.url, basicCredentials(login, password))
  const register = (body: unknown) => running.as.anonymous.post('/api/register', body)
  /** The key in the mail to somebody who registered. */
  const keyFor = (address: string) =>
    eventually(() => {
      const found = mail.mails.find(one => went(one, address))
      return /activate\?key=([\w-]+)"/.exec(found?.html ?? '')?.[1] ?? false
    })
  const activate = async (login: string) => running.as.anonymous.get(`/api/activate?key=${await keyFor(login)}`)
  /** Somebody who registered and activated the account. */
  async function member(login: string, more: object = {}) {
    expect((await register(person(login, more))).status).toBe(201)
    expect((await activate(login)).status).toBe(200)
    return as(login)
  }
  return { mail, running, as, register, keyFor, activate, member }
}
