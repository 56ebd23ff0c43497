import { type Answer, jsonAnswer, Refusal, refusalAnswer } from './answers.ts'
import type { InvgateSimulator } from './contract.ts'
import { readFaults, readSeed } from './control-input.ts'
import { parseJson } from './parameters.ts'
import { shapeComment, shapeIncident } from './shapes.ts'

export const CONTROL_PREFIX = '/__sim/'

type Order = { readonly method: string; readonly path: string; readonly body: Buffer }

/** The switches for another process; `path` begins with the prefix. */
export async function answerControl(order: Order, simulator: InvgateSimulator): Promise<Answer> {
  try {
    const answer = await carryOut(order, simulator)
    return answer === undefined
      ? refusalAnswer({ status: 404, message: 'no such switch or record' })
      : jsonAnswer(answer)
  } catch (error) {
    if (error instanceof Refusal) return refusalAnswer(error)
    throw error
  }
}

async function carryOut({ method, path, body }: Order, simulator: InvgateSimulator): Promise<unknown> {
  const json = parseJson(body.toString() || '{}')
  if (typeof json !== 'object' || json === null) throw new Refusal(400, 'the body is no JSON')
  const { faults, journal, store } = simulator
  const done = { status: 'OK' }
  const shaping = { settings: { idStyle: 'modern' }, isIso: false } as const
  const [name = '', id = '', what = ''] = path.slice(CONTROL_PREFIX.length).split('/')
  switch (`${method} ${name}`) {
    case 'POST reset':
      simulator.reset()
      return done
    case 'POST seed':
      simulator.seed(readSeed(json))
      return done
    case 'POST faults':
      faults.add(...readFaults(json))
      return done
    case 'DELETE faults':
      faults.clear()
      return done
    case 'POST outage':
      simulator.outage(Number(Reflect.get(json, 'duration_ms')))
      return done
    case 'POST revoke':
      simulator.revokeTokens()
      return done
    case 'GET requests':
      return journal.entries
    case 'DELETE requests':
      journal.clear()
      return done
    case 'GET incidents':
      return store.incidents().map((incident) => ({
        ...shapeIncident(incident, shaping),
        comments: store.comments(incident.id).map((comment) => shapeComment(comment, shaping)),
      }))
    case 'POST incidents':
      return work({ id: Number(id), what, json }, simulator)
    case 'GET users':
      return store.users()
    default:
      return undefined
  }
}

type Deed = { readonly id: number; readonly what: string; readonly json: object }

function work({ id, what, json }: Deed, { agent }: InvgateSimulator): unknown {
  const message = String(Reflect.get(json, 'message') ?? '')
  switch (what) {
    case 'status':
      return agent.setStatus(id, Number(Reflect.get(json, 'status_id')))
    case 'comment':
      return agent.comment(id, {
        message,
        isCustomerVisible: Reflect.get(json, 'customer_visible') !== false,
      })
    case 'solution':
      return agent.solve(id, message)
    default:
      return undefined
  }
}
