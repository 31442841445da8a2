import { spawn } from 'node:child_process'
import { once } from 'node:events'

/**
 * Stops `pid` when this process ends without having done so, even by SIGKILL: a small shell waits on a pipe that only
 * this process holds open, and sends the signal once the pipe breaks. Call the returned function after the server's end.
 */
export function watch(pid: number, signal: 'INT' | 'TERM'): () => void {
  const script = 'read -r line; kill -s "$1" "$2" 2>/dev/null'
  const shell = spawn('/bin/sh', ['-c', script, 'slipway-watchdog', signal, String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // In a session of its own: Ctrl-C in a terminal must reach neither the server nor its watchdog, only us.
    detached: true,
    cwd: '/',
  })
  // Without a shell there is no watchdog; the next start still finds and stops what was left behind.
  shell.on('error', () => {})
  shell.stdin.on('error', () => {})
  shell.unref()
  // A pipe to a child is a socket, which may be left out of what keeps the process alive.
  if ('unref' in shell.stdin && typeof shell.stdin.unref === 'function') shell.stdin.unref()
  const exited = once(shell, 'exit').catch(() => undefined)
  return () => {
    shell.kill('SIGKILL')
    void exited.then(() => shell.stdin.destroy())
  }
}
