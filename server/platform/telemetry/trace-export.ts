import { type Attributes, context, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import {
  BatchSpanProcessor,
  type SpanExporter,
  TracerProvider,
  type TracerProviderOptions,
} from '@opentelemetry/sdk-trace'
import type { Log } from './log.ts'
import { AsyncContextManager } from './trace-context.ts'

type ExportOptions = {
  readonly url: string
  readonly serviceName: string
  readonly version: string
  readonly log: Log
}

/** A batch is tried for so long and then given up; its timers would keep a process from ending. */
const EXPORT_TIMEOUT_MS = 5_000
const BATCH_DELAY_MS = 2_000

/** Registers the SDK with the API of OpenTelemetry and sends spans in batches, as OTLP over HTTP in JSON. */
export function startExport({ url, serviceName, version, log }: ExportOptions) {
  const exporter = telling(new OTLPTraceExporter({ url, timeoutMillis: EXPORT_TIMEOUT_MS }), log)
  const provider = new TracerProvider({
    resource: createResource({ 'service.name': serviceName, 'service.version': version }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: BATCH_DELAY_MS })],
  })
  context.setGlobalContextManager(new AsyncContextManager())
  trace.setGlobalTracerProvider(provider)
  return {
    async shutdown(): Promise<void> {
      trace.disable()
      context.disable()
      await provider.shutdown()
    },
  }
}

/** Says once that the collector has gone, and once that it is back, however many batches fail between. */
function telling(exporter: OTLPTraceExporter, log: Log): SpanExporter {
  let isAway = false
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const failed = result.error !== undefined
        if (failed && !isAway) log.warn({ err: result.error }, 'the collector does not take traces')
        if (!failed && isAway) log.info('the collector takes traces again')
        isAway = failed
        done(result)
      })
    },
    forceFlush: async () => await exporter.forceFlush(),
    shutdown: async () => await exporter.shutdown(),
  }
}

type Resource = NonNullable<TracerProviderOptions['resource']>

/** What is told of this process. The SDK's own resources are in a package that we have no other use for. */
function createResource(attributes: Attributes): Resource {
  return {
    attributes,
    getRawAttributes: () => Object.entries(attributes),
    merge: (other) => createResource({ ...attributes, ...other?.attributes }),
  }
}
