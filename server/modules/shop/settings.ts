import { type Call, checkVersion } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import type { ShopParts } from './catalogue.ts'
import type { PriceRules } from './order-amounts.ts'
import { settingsUpdated } from './order-events.ts'
import { getSettings, lockSettings, type SettingsRow, updateSettings } from './settings-queries.ts'
import type { ShopSettings, ShopSettingsChange } from './settings-schemas.ts'

const MINUTE_MS = 60_000

export type Settings = ReturnType<typeof createSettings>

/** What holds for every order that is placed from now on; those that are there keep what they were placed with. */
export function createSettings({ db, clock, outbox }: Omit<ShopParts, 'ids'>) {
  return {
    async readSettings(): Promise<ShopSettings> {
      return toSettings(await getSettings(db))
    },

    async changeSettings(call: Call<ShopSettings>, change: ShopSettingsChange): Promise<ShopSettings> {
      return await transaction(db, call, async (trx) => {
        const row = await lockSettings(trx)
        checkVersion(call, row)
        const changed: SettingsRow = {
          ...row,
          ...toColumns({ ...toSettings(row), ...change }),
          version: row.version + 1,
          updated_at: clock.now(),
        }
        const settings = toSettings(changed)
        await updateSettings(trx, changed)
        await outbox.append(trx, call, settingsUpdated(row.id, settings))
        return settings
      })
    },
  }
}

export function priceRulesOf(row: SettingsRow): PriceRules {
  return {
    shippingFeeMinor: row.shipping_fee_minor,
    freeShippingFromMinor: row.free_shipping_from_minor,
    taxBasisPoints: row.tax_basis_points,
    taxMode: row.tax_mode === 'inclusive' ? 'inclusive' : 'exclusive',
  }
}

/** Until when an order keeps its stock that begins to wait for its money now. */
export function holdFrom(now: Date, { hold_minutes: minutes }: Pick<SettingsRow, 'hold_minutes'>): Date {
  return new Date(now.getTime() + minutes * MINUTE_MS)
}

function toSettings(row: SettingsRow): ShopSettings {
  return {
    hold_minutes: row.hold_minutes,
    shipping_fee: row.shipping_fee_minor,
    free_shipping_from: row.free_shipping_from_minor,
    tax_rate_basis_points: row.tax_basis_points,
    tax_inclusive: row.tax_mode === 'inclusive',
    shop_name: row.shop_name,
    shop_address: row.shop_address,
    version: row.version,
    updated_at: row.updated_at.toISOString(),
  }
}

function toColumns(settings: ShopSettings): Omit<SettingsRow, 'id' | 'version' | 'updated_at'> {
  return {
    hold_minutes: settings.hold_minutes,
    shipping_fee_minor: settings.shipping_fee,
    free_shipping_from_minor: settings.free_shipping_from,
    tax_basis_points: settings.tax_rate_basis_points,
    tax_mode: settings.tax_inclusive ? 'inclusive' : 'exclusive',
    shop_name: settings.shop_name,
    shop_address: settings.shop_address,
  }
}
