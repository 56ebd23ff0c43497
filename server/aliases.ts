import type { Aliases } from '#platform/http/aliases'

/** The paths that clients of the five systems use, each served by the one route it stands for (C1, I1, I2, D, W). */
export const aliases: Aliases = [
  ['/register', '/api/v1/auth/register'],
  ['/api/v1/users/register', '/api/v1/auth/register'],
  ['/login', '/api/v1/auth/login'],
  ['/api/v1/users/login', '/api/v1/auth/login'],
  ['/api/auth', '/api/v1/auth'],
  ['/api/tickets', '/api/v1/tickets'],
  ['/workorders', '/api/v1/workorders'],
  ['/reports/workorders', '/api/v1/reports/workorders'],
]
