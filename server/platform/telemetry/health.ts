import { type Static, Type } from 'typebox'
import { defineErrors } from '../errors.ts'
import type { HttpServer } from '../http/types.ts'
import { answerWithin } from './time-limit.ts'

const StateSchema = Type.Union([Type.Literal('up'), Type.Literal('down'), Type.Literal('off')])
export type PartState = Static<typeof StateSchema>

/** Says how a part is, `off` when it is not in use; one that throws or takes over a second is `down`. */
export type Check = () => Promise<PartState>

type HealthOptions = {
  /** Without the database nothing can be served. Without any other part it can, though not as well. */
  readonly checks: { readonly database: Check; readonly [part: string]: Check }
  /** True from the signal to stop on. */
  readonly isDraining: () => boolean
}

const CHECK_LIMIT_MS = 1_000
const RETRY_AFTER_SECONDS = 5

const LiveSchema = Type.Object({ status: Type.Literal('ok') })
const ReadySchema = Type.Object({
  status: Type.Union([Type.Literal('ready'), Type.Literal('degraded')], {
    description: '`degraded` when a part is down without which requests are still served',
  }),
  checks: Type.Record(
    Type.String(),
    Type.Object({
      status: StateSchema,
      duration_ms: Type.Optional(Type.Number({ description: 'Not for a part that is off' })),
    }),
    { description: 'By part: the database, the cache, the broker' },
  ),
})

const refuse = defineErrors({
  draining: { kind: 'unavailable', en: 'The server is stopping.', id: 'Server sedang berhenti.' },
  database_down: {
    kind: 'unavailable',
    en: 'The database does not answer.',
    id: 'Basis data tidak menjawab.',
  },
})

/** Tells an orchestrator whether the process lives, and whether it should be sent requests (F16). */
export function registerHealth(app: HttpServer, { checks, isDraining }: HealthOptions): void {
  const parts = Object.entries(checks).map(([part, check]) => ({ part, measure: createMeasure(check) }))

  app.get(
    '/health/live',
    {
      config: { public: true },
      schema: { summary: 'Whether the process lives', tags: ['health'], response: { 200: LiveSchema } },
    },
    async () => ({ status: 'ok' as const }),
  )

  app.get(
    '/health/ready',
    {
      config: { public: true },
      schema: {
        summary: 'Whether the process can serve, and the state of each part it needs',
        description: '503 with `Retry-After` while the database is down or the server is stopping',
        tags: ['health'],
        response: { 200: ReadySchema },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', 'no-store')
      const measured = await Promise.all(
        parts.map(async ({ part, measure }) => [part, await measure()] as const),
      )
      const facts = {
        details: { checks: Object.fromEntries(measured) },
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      }
      const down = measured.filter(([, { status }]) => status === 'down').map(([part]) => part)
      if (isDraining()) throw refuse('draining', facts)
      if (down.includes('database')) throw refuse('database_down', facts)
      return { status: down.length === 0 ? ('ready' as const) : ('degraded' as const), ...facts.details }
    },
  )
}

type Measured = { readonly status: PartState; readonly duration_ms?: number }

/** Anybody may ask, so those who ask together share one check, and one that hangs is not started again. */
function createMeasure(check: Check): () => Promise<Measured> {
  let running: Promise<PartState> | null = null

  async function run(): Promise<PartState> {
    try {
      return await check()
    } catch {
      return 'down'
    } finally {
      running = null
    }
  }

  return async () => {
    const startedAt = performance.now()
    running ??= run()
    const status = await answerWithin(CHECK_LIMIT_MS, running).catch(() => 'down' as const)
    if (status === 'off') return { status }
    return { status, duration_ms: Math.round((performance.now() - startedAt) * 10) / 10 }
  }
}
