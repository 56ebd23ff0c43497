import { ask, LOOPBACK } from './network.mjs'
import { findProgram } from './programs.mjs'

export const redis = {
  name: 'redis',
  title: 'Redis',
  variable: 'TEST_REDIS_URL',
  pidVariable: 'TEST_REDIS_PID',
  programs: { 'redis-server': 'redis-server' },
  firstPort: 56_379,
  usualAddresses: ['redis://127.0.0.1:6379'],

  address: (port) => `redis://${LOOPBACK}:${port}`,

  async answers(address) {
    const { hostname, port, username, password } = new URL(address)
    const login = password ? `AUTH ${username || 'default'} ${decodeURIComponent(password)}\r\n` : ''
    const answer = await ask({
      host: hostname,
      port: Number(port || 6379),
      question: `${login}PING\r\n`,
      isWhole: (bytes) => /\+PONG|^-/.test(bytes.toString()),
    })
    if (!answer?.toString().endsWith('+PONG\r\n')) throw new Error(`it answers ${answer ?? 'nothing'}`)
  },

  /** The process keeps its command line, by which we know it again; Redis would write its address over it. */
  command({ home, port }) {
    const place = ['--bind', LOOPBACK, '--port', String(port), '--dir', home]
    const memoryOnly = ['--save', '', '--appendonly', 'no']
    return [findProgram('redis-server'), [...place, ...memoryOnly, '--set-proc-title', 'no']]
  },
}
