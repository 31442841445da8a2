import type { EncodedHeaders } from './headers.ts'

/** A message as it goes over the wire; without a header block if there is nothing to say. */
export type Encoded = { readonly body: Uint8Array; readonly headers: EncodedHeaders | undefined }
