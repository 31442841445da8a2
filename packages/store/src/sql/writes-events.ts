import type { Statement } from '../types.ts'

const known = new WeakMap<Statement, boolean>()

/** True for statements that insert into the outbox; looked at once a statement, because statements are constants. */
export function writesEvents(statement: Statement): boolean {
  let answer = known.get(statement)
  if (answer === undefined) {
    answer = /\binsert\s+into\s+"?platform"?\."?outbox\b/i.test(statement.text)
    known.set(statement, answer)
  }
  return answer
}
