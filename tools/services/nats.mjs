import { join } from 'node:path'
import { ask, LOOPBACK } from './network.mjs'
import { findProgram } from './programs.mjs'

export const nats = {
  name: 'nats',
  title: 'NATS',
  variable: 'TEST_NATS_URL',
  programs: { 'nats-server': 'nats-server' },
  firstPort: 54_222,
  usualAddresses: ['nats://127.0.0.1:4222'],

  address: (port) => `nats://${LOOPBACK}:${port}`,

  /** A NATS server introduces itself, in one line, to whoever connects. */
  async answers(address) {
    const { hostname, port } = new URL(address)
    const greeting = await ask({
      host: hostname,
      port: Number(port || 4222),
      question: '',
      isWhole: (bytes) => bytes.includes('\r\n'),
    })
    if (!greeting?.toString().startsWith('INFO ')) throw new Error('no NATS server answers')
    const server = JSON.parse(greeting.toString().slice('INFO '.length).split('\r\n')[0])
    if (!server.jetstream) throw new Error('it runs without JetStream')
    if (server.auth_required && !address.includes('@')) throw new Error('it wants a login')
  },

  command({ home, port }) {
    const args = ['--addr', LOOPBACK, '--port', String(port), '-js', '--store_dir', join(home, 'data')]
    return [findProgram('nats-server'), args]
  },
}
