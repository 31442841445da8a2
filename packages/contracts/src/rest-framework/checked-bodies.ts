const checked = new WeakSet<object>()

/** Notes that every value in this body was looked at by the field it belongs to. */
export function markChecked<Body extends object>(body: Body): Body {
  checked.add(body)
  return body
}

/** True for a body whose fields were read one by one; what is wrong with them stands in it. */
export function isChecked(value: object): boolean {
  return checked.has(value)
}
