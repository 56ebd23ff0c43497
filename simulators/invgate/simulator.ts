import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { createAccess, userOf } from './access.ts'
import { createAgent } from './agent.ts'
import { type Answer, jsonAnswer, refusalAnswer } from './answers.ts'
import type { InvgateSimulator, SimulatorOptions } from './contract.ts'
import { answerControl, CONTROL_PREFIX } from './control.ts'
import type { Exchange, Instance } from './exchange.ts'
import { createFaults } from './faults.ts'
import { guesses } from './guesses.ts'
import { createJournal, maskParameters } from './journal.ts'
import { listen } from './listening.ts'
import { readParameters } from './parameters.ts'
import { createRate } from './rate.ts'
import { AGENT_ID, plant, startOver } from './seed.ts'
import { answerServiceManagement } from './service-management.ts'
import { defaultSettings, type Settings } from './settings.ts'
import { attachmentPath } from './shapes.ts'
import { answerSimple } from './simple.ts'
import { createStore } from './store.ts'
import { give, outcomeOf } from './struck.ts'

const TOKEN_PATH = '/oauth/v2.0/access_token'

/** Starts an InvGate in this process, with its records in memory. */
export async function startInvgateSimulator(options: SimulatorOptions = {}): Promise<InvgateSimulator> {
  const { port = 0, host = '127.0.0.1', seed = {}, randomSeed = 1, ...chosen } = options
  const settings: Settings = { ...defaultSettings, ...chosen }
  const store = createStore(settings)
  const access = createAccess(settings)
  const journal = createJournal()
  const faults = createFaults({ seed: randomSeed })
  const instance: Instance = {
    settings,
    store,
    access,
    mayAnswer: createRate(settings.ratePerSecond),
  }
  let returning: NodeJS.Timeout | undefined
  const network = await listen({ host, port, take: (...pair) => void take(...pair) })
  const rootUrl = `http://${host}:${network.port}`
  const simulator: InvgateSimulator = {
    rootUrl,
    url: `${rootUrl}${settings.basePath}`,
    settings,
    journal,
    faults,
    store,
    agent: createAgent({ store, agentId: () => AGENT_ID, now: settings.now }),
    seed: (more) => plant(store, more),
    reset() {
      startOver(store, seed)
      journal.clear()
      faults.clear()
      access.revoke()
    },
    revokeTokens: access.revoke,
    outage(durationMs) {
      // The one who ordered it gets the answer first.
      setImmediate(() => void network.goDown())
      clearTimeout(returning)
      returning = setTimeout(() => void network.comeBack(), durationMs)
    },
    goDown: network.goDown,
    comeBack: network.comeBack,
    async stop() {
      clearTimeout(returning)
      await network.goDown()
    },
  }
  simulator.reset()

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Clients that break off are part of the game.
    const body = await buffer(request).catch(() => null)
    if (body === null) return
    const url = new URL(request.url ?? '/', rootUrl)
    const path = url.pathname.replace(/\/+$/, '')
    const method = request.method ?? 'GET'
    if (url.pathname.startsWith(CONTROL_PREFIX)) {
      give(response, await answerControl({ method, path, body }, simulator))
      return
    }
    const contentType = request.headers['content-type'] ?? ''
    const exchange: Exchange = {
      ...(await readParameters({ query: url.searchParams, contentType, body })),
      method,
      endpoint: endpointOf(path, settings),
      contentType,
      body,
      authorization: request.headers.authorization,
    }
    const entry = journal.add({
      method,
      endpoint: exchange.endpoint,
      parameters: maskParameters(exchange.parameters),
      files: exchange.files.map(({ name }) => name),
      contentType: contentType.split(';')[0] ?? '',
      user: userOf(exchange.authorization),
      at: settings.now(),
      status: null,
    })
    const outcome = await outcomeOf(faults.take(entry), () => answer(exchange, instance))
    entry.status = give(response, outcome)
  }
  return simulator
}

/** The name of the endpoint: what stands below the base, `oauth` for tokens; any other path stays as it is. */
function endpointOf(path: string, { basePath }: Settings): string {
  if (path === TOKEN_PATH) return 'oauth'
  return path.startsWith(`${basePath}/`) ? path.slice(basePath.length + 1) : path
}

function answer(exchange: Exchange, instance: Instance): Answer {
  const { settings, access, store } = instance
  if (exchange.endpoint === 'oauth') {
    if (!settings.hasOauth) return refusalAnswer({ status: 404, message: guesses.notFound })
    return exchange.method === 'POST'
      ? access.issue(exchange.parameters)
      : jsonAnswer({ error: guesses.wrongMethod }, { status: 405 })
  }
  const attachmentId = Number(/^\/attachments\/get\/(\d+)$/.exec(exchange.endpoint)?.[1] ?? 0)
  const attachment = store.findAttachment(attachmentId)
  if (attachment !== undefined && exchange.endpoint === attachmentPath(attachmentId)) {
    if (access.admit(exchange.authorization) === null) {
      return refusalAnswer({ status: 401, message: guesses.unauthorized })
    }
    const headers = { 'content-type': 'application/octet-stream' }
    return { status: 200, headers, body: attachment.content }
  }
  return settings.dialect === 'simple'
    ? answerSimple(exchange, instance)
    : answerServiceManagement(exchange, instance)
}
