import { type Static, Type } from 'typebox'
import { Line, Money, Nullable, Prose, Strict, Time, Version } from '#platform/http/schemas'

const settingsFields = {
  hold_minutes: Type.Integer({
    minimum: 1,
    maximum: 43_200,
    description: 'So long an unpaid order keeps its stock; at most 30 days',
  }),
  shipping_fee: Money,
  free_shipping_from: Nullable(Money),
  tax_rate_basis_points: Type.Integer({ minimum: 0, maximum: 10_000, description: '1100 is 11 %' }),
  tax_inclusive: Type.Boolean({ description: 'Whether the prices of products have the tax in them' }),
  shop_name: Nullable(Line(200)),
  shop_address: Nullable(Prose(1_000)),
}

export const ShopSettings = Type.Object({ ...settingsFields, version: Version, updated_at: Time })
export const ShopSettingsChange = Strict(
  {
    hold_minutes: Type.Optional(settingsFields.hold_minutes),
    shipping_fee: Type.Optional(settingsFields.shipping_fee),
    free_shipping_from: Type.Optional(settingsFields.free_shipping_from),
    tax_rate_basis_points: Type.Optional(settingsFields.tax_rate_basis_points),
    tax_inclusive: Type.Optional(settingsFields.tax_inclusive),
    shop_name: Type.Optional(settingsFields.shop_name),
    shop_address: Type.Optional(settingsFields.shop_address),
  },
  { minProperties: 1, description: 'Changes the fields that it names' },
)

export type ShopSettings = Static<typeof ShopSettings>
export type ShopSettingsChange = Static<typeof ShopSettingsChange>
