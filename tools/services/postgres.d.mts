import type { Service } from './service.d.mts'

export const postgres: Service
