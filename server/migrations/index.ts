import type { Migrations } from '#platform/database/migrate'
import * as platform from './0001-platform.ts'
import * as identity from './0002-identity.ts'
import * as shop from './0003-shop.ts'
import * as events from './0004-events.ts'
import * as people from './0005-people.ts'
import * as notifications from './0006-notifications.ts'
import * as webhooks from './0007-webhooks.ts'
import * as activity from './0008-activity.ts'
import * as shopOrders from './0009-shop-orders.ts'
import * as shopStock from './0010-shop-stock.ts'
import * as files from './0011-files.ts'
import * as workOrders from './0012-workorders.ts'
import * as workPlanning from './0013-work-planning.ts'
import * as shopBackorders from './0014-shop-backorders.ts'
import * as tickets from './0015-tickets.ts'
import * as ticketClocks from './0016-ticket-clocks.ts'
import * as invgate from './0017-invgate.ts'
import * as rework from './0018-rework.ts'
import * as tasks from './0020-tasks.ts'
import * as myWork from './0021-my-work.ts'
import * as holidays2027 from './0022-holidays-2027.ts'

/** One ordered story for all engines; each chapter must let the version of the program before it keep running. */
export const migrations: Migrations = {
  '0001-platform': platform,
  '0002-identity': identity,
  '0003-shop': shop,
  '0004-events': events,
  '0005-people': people,
  '0006-notifications': notifications,
  '0007-webhooks': webhooks,
  '0008-activity': activity,
  '0009-shop-orders': shopOrders,
  '0010-shop-stock': shopStock,
  '0011-files': files,
  '0012-workorders': workOrders,
  '0013-work-planning': workPlanning,
  '0014-shop-backorders': shopBackorders,
  '0015-tickets': tickets,
  '0016-ticket-clocks': ticketClocks,
  '0017-invgate': invgate,
  '0018-rework': rework,
  '0020-tasks': tasks,
  '0021-my-work': myWork,
  '0022-holidays-2027': holidays2027,
}
