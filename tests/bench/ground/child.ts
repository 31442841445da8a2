import { fork } from 'node:child_process'
import { once } from 'node:events'

/** A program of the bench in a process of its own, which answers one message at a time. */
export type Child<Question, Answer> = AsyncDisposable & {
  readonly pid: number
  ask(question: Question): Promise<Answer>
}

/** Starts a program; `question` is its first one, usually how to start. Both sides speak JSON. */
export function startChild<Question, Answer>(file: string, cwd = import.meta.dirname): Child<Question, Answer> {
  const child = fork(new URL(file, import.meta.url), { cwd, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const gone = new Promise<never>((_, reject) => {
    child.once('exit', (code, signal) => reject(new Error(`${file} ended (${signal ?? code})`)))
  })
  gone.catch(() => {})
  return {
    pid: child.pid ?? 0,
    async ask(question) {
      const answer = once(child, 'message') as Promise<[Answer]>
      child.send(question as object)
      const [message] = await Promise.race([answer, gone])
      return message
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.disconnect()
      await gone.catch(() => {})
    },
  }
}

/** The other side: answers questions until the parent goes, by whatever way. */
export function answerParent<Question, Answer>(answer: (question: Question) => Promise<Answer>): void {
  process.on('message', async (question: Question) => process.send?.(await answer(question)))
  process.once('disconnect', () => process.exit())
}
