import type { Service } from './service.d.mts'

export const mariadb: Service
