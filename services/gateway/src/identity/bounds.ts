/** What a credential leaves of the rights of its account, and until when. */
export type Bounds = {
  /** The API token that it is; null for passwords, sessions, and tokens of the external issuer. */
  readonly tokenId: string | null
  /** Those rights of the account that it has; null: all. */
  readonly scopes: readonly string[] | null
  /** When an API token ends; null: never. */
  readonly expiresAt: Date | null
}

/** Who signs in as themselves: by a password, in a session, by the external issuer. */
export const unbounded: Bounds = { tokenId: null, scopes: null, expiresAt: null }

export const isBounded = ({ scopes, expiresAt }: Bounds): boolean => scopes !== null || expiresAt !== null
