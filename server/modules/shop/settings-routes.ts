import { callOf } from '#platform/http/callers'
import type { HttpServer } from '#platform/http/types'
import type { Settings } from './settings.ts'
import { ShopSettings, ShopSettingsChange } from './settings-schemas.ts'

const PATH = '/api/v1/shop/settings'
const tags = ['shop']

export function registerSettingsRoutes(app: HttpServer, { settings }: { settings: Settings }): void {
  app.get(
    PATH,
    {
      // Fees, tax and hold are what a buyer must know before there is an account, the rest is on every invoice.
      config: { public: true },
      schema: { tags, summary: 'Read the settings of the shop', response: { 200: ShopSettings } },
    },
    async () => await settings.readSettings(),
  )
  app.put(
    PATH,
    {
      config: { permission: 'settings:write' },
      schema: {
        tags,
        summary: 'Change the settings of the shop',
        body: ShopSettingsChange,
        response: { 200: ShopSettings },
      },
    },
    async (request) => await settings.changeSettings(callOf(request), request.body),
  )
}
