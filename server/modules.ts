import type { Kysely } from 'kysely'
import { type ActivityTables, activityConsumer, registerActivity } from '#modules/activity'
import { type Identity, permissionsOf } from '#modules/identity'
import { createWorkConsumer, type MyWorkTables, registerMyWork } from '#modules/my-work'
import { createNotifications, type NotificationTables } from '#modules/notifications'
import { createPeople, type PeopleTables } from '#modules/people'
import {
  type CatalogueCacheParts,
  createOrderHold,
  createSupplyConsumers,
  paymentProofs,
  productImages,
  registerShop,
  type ShopTables,
  withCatalogueCache,
} from '#modules/shop'
import { createTaskModule, type TaskTables } from '#modules/tasks'
import { createTicketModule, type TicketTables } from '#modules/tickets'
import { createWebhooks, type WebhookTables } from '#modules/webhooks'
import {
  createWorkOrders,
  shownWithWorkOrders,
  type WorkOrderTables,
  workOrderPhotos,
} from '#modules/workorders'
import { createBusinessDays } from '#platform/business-days'
import type { Clock } from '#platform/clock'
import type { PlatformTables } from '#platform/database/tables'
import type { EventConsumer } from '#platform/events/consumer'
import type { Outbox } from '#platform/events/outbox'
import { createFileCleanUp } from '#platform/files/clean-up'
import { registerFileRoutes } from '#platform/files/file-routes'
import { createFiles } from '#platform/files/files'
import { openFileStore } from '#platform/files/open-store'
import type { Authenticate } from '#platform/http/callers'
import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import type { Ids } from '#platform/id'
import { createMailer } from '#platform/mail/mailer'
import type { Log } from '#platform/telemetry/log'
import type { AnyTimerKind, Timers } from '#platform/timers/timer'
import type { Config } from './config.ts'
import { version } from './version.ts'

export type ModuleParts = {
  readonly config: Config
  readonly db: Kysely<PlatformTables>
  readonly clock: Clock
  readonly ids: Ids
  readonly outbox: Outbox
  readonly timers: Timers
  readonly log: Log
  readonly identity: Identity
  readonly cache: CatalogueCacheParts
  /** Seals what is kept for others, such as what webhooks sign with. */
  readonly secret: string
}

/** What the modules that are switched on add to the program. */
export type Modules = {
  readonly consumers: readonly EventConsumer[]
  readonly timerKinds: readonly AnyTimerKind[]
  /** By the accounts themselves where identity is on, else by the copy of them. */
  readonly authenticate: Authenticate
  /** Lets go of what the timers' handlers hold. */
  readonly close: () => Promise<void>
  readonly registerRoutes: (http: HttpServer, parts: { readonly answerOnce: AnswerOnce }) => void
}

/** Makes the modules that `KARYA_MODULES` names, by hand, in order. */
export function createModules({ config, identity, secret, cache, ...parts }: ModuleParts): Modules {
  const { businessZone } = config
  const isOn = (name: Config['modules'][number]): boolean => config.modules.includes(name)
  // Kept everywhere: it is how the other modules know who is who.
  const people = createPeople({
    db: parts.db.withTables<PeopleTables>(),
    clock: parts.clock,
    accessTtlMs: config.tokens.accessTokenTtlMs,
    verifyAccessToken: identity.verifyAccessToken,
    permissionsOf,
  })
  const mailer = createMailer({ ...config.mail, directory: config.dataDirectory })
  const notifications = createNotifications({
    ...parts,
    db: parts.db.withTables<NotificationTables>(),
    mailer,
    defaultLanguage: config.defaultLanguage,
    businessZone,
  })
  const webhooks = createWebhooks({
    ...parts,
    db: parts.db.withTables<WebhookTables>(),
    secret,
    urlRules: { production: config.production, allowPrivate: config.webhooks.allowPrivate },
    userAgent: `Karya/${version}`,
  })
  const store = openFileStore({
    bucket: config.filesBucket,
    dataDirectory: config.dataDirectory,
    clock: parts.clock,
  })
  const files = createFiles({ ...parts, store })
  const consumers: EventConsumer[] = [...people.consumers]
  const timerKinds: AnyTimerKind[] = [...people.timerKinds, createFileCleanUp({ ...parts, store })]
  if (isOn('notifications')) {
    consumers.push(...notifications.consumers)
    timerKinds.push(...notifications.timerKinds)
  }
  if (isOn('activity')) consumers.push(activityConsumer)
  if (isOn('my-work')) consumers.push(createWorkConsumer(createBusinessDays(businessZone)))
  const shop = isOn('shop')
    ? withCatalogueCache({ ...parts, ...cache, db: parts.db.withTables<ShopTables>() })
    : null
  if (shop !== null) {
    timerKinds.push(createOrderHold(shop))
    consumers.push(...createSupplyConsumers({ ...shop, businessDays: createBusinessDays(businessZone) }))
  }
  const workOrders = isOn('workorders')
    ? createWorkOrders({ ...parts, db: parts.db.withTables<WorkOrderTables>(), businessZone })
    : null
  if (workOrders !== null) {
    consumers.push(...workOrders.consumers)
    timerKinds.push(...workOrders.timerKinds)
  }
  const tickets = isOn('tickets')
    ? createTicketModule({
        ...parts,
        db: parts.db.withTables<TicketTables>(),
        businessZone,
        invgate: config.invgate,
        files,
      })
    : null
  if (tickets !== null) {
    consumers.push(...tickets.consumers)
    timerKinds.push(...tickets.timerKinds)
  }
  const tasks = isOn('tasks')
    ? createTaskModule({
        ...parts,
        db: parts.db.withTables<TaskTables>(),
        files,
        defaultLanguage: config.defaultLanguage,
        businessZone,
      })
    : null
  if (tasks !== null) {
    consumers.push(...tasks.consumers)
    timerKinds.push(...tasks.timerKinds)
  }
  if (isOn('webhooks')) {
    consumers.push(...webhooks.consumers)
    timerKinds.push(...webhooks.timerKinds)
  }

  return {
    consumers,
    timerKinds,
    authenticate: isOn('identity') ? identity.authenticate : people.authenticate,
    async close() {
      mailer.close()
      await store.close()
    },
    registerRoutes(http, { answerOnce }) {
      if (isOn('identity')) identity.registerRoutes(http, { answerOnce })
      if (isOn('people')) people.registerRoutes(http)
      const shown = (tickets?.filePurposes ?? []).map((purpose) =>
        shownWithWorkOrders(parts.db.withTables<WorkOrderTables>(), purpose),
      )
      registerFileRoutes(http, {
        files,
        purposes: [productImages, paymentProofs, workOrderPhotos, ...shown, ...(tasks?.filePurposes ?? [])],
      })
      if (shop !== null) registerShop(http, { ...shop, files, answerOnce, businessZone })
      workOrders?.registerRoutes(http, { files, answerOnce })
      if (tickets !== null) tickets.registerRoutes(http, { files, answerOnce })
      tasks?.registerRoutes(http, { answerOnce })
      if (isOn('activity')) registerActivity(http, { db: parts.db.withTables<ActivityTables>() })
      if (isOn('my-work'))
        registerMyWork(http, { db: parts.db.withTables<MyWorkTables>(), clock: parts.clock })
      if (isOn('notifications')) notifications.registerRoutes(http, { answerOnce })
      if (isOn('webhooks')) webhooks.registerRoutes(http, { answerOnce })
    },
  }
}
