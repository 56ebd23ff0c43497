import { callOf } from '#platform/http/callers'
import { type AnswerOnce, created } from '#platform/http/idempotency'
import { IdParams } from '#platform/http/schemas'
import type { HttpServer } from '#platform/http/types'
import type { ApiTokens } from './api-tokens.ts'
import type { Profile } from './profile.ts'
import {
  ApiTokenBody,
  ApiTokenPage,
  ApiTokenQuery,
  NewApiToken,
  ProfileChange,
  User,
  UserChange,
  UserPage,
  UserQuery,
} from './schemas.ts'
import type { Users } from './users.ts'

type Parts = {
  readonly profile: Profile
  readonly users: Users
  readonly apiTokens: ApiTokens
  readonly answerOnce: AnswerOnce
}

const BASE = '/api/v1'
const tags = ['identity']

export function registerUserRoutes(app: HttpServer, { profile, users, apiTokens, answerOnce }: Parts): void {
  app.get(
    `${BASE}/users/profile`,
    {
      config: { permission: 'profile:read' },
      schema: { tags, summary: 'Read your own account', response: { 200: User } },
    },
    async (request) => await profile.getProfile(callOf(request)),
  )
  app.put(
    `${BASE}/users/profile`,
    {
      config: { permission: 'profile:write' },
      schema: { tags, summary: 'Change your own account', body: ProfileChange, response: { 200: User } },
    },
    async (request) => await profile.changeProfile(callOf(request), request.body),
  )

  app.get(
    `${BASE}/users`,
    {
      config: { permission: 'users:read' },
      schema: { tags, summary: 'List accounts', querystring: UserQuery, response: { 200: UserPage } },
    },
    async (request) => await users.listUsers(request.query),
  )
  app.get(
    `${BASE}/users/:id`,
    {
      config: { permission: 'users:write' },
      schema: { tags, summary: 'Read an account', params: IdParams, response: { 200: User } },
    },
    async (request) => await users.getUser(request.params.id),
  )
  app.patch(
    `${BASE}/users/:id`,
    {
      config: { permission: 'users:write' },
      schema: {
        tags,
        summary: 'Change an account',
        params: IdParams,
        body: UserChange,
        response: { 200: User },
      },
    },
    async (request) => await users.changeUser(callOf(request), request.params.id, request.body),
  )
  app.delete(
    `${BASE}/users/:id`,
    {
      config: { permission: 'users:write' },
      schema: { tags, summary: 'Remove an account', params: IdParams },
    },
    async (request, reply) => {
      await users.deleteUser(callOf(request), request.params.id)
      return await reply.code(204).send()
    },
  )

  app.post(
    `${BASE}/tokens`,
    {
      config: { permission: 'tokens:write' },
      schema: {
        tags,
        summary: 'Make a token for a machine',
        body: ApiTokenBody,
        response: { 201: NewApiToken },
      },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await apiTokens.createApiToken(call, request.body),
        present: (token: NewApiToken) => created(`${BASE}/tokens`, token),
      }),
  )
  app.get(
    `${BASE}/tokens`,
    {
      config: { permission: 'tokens:read' },
      schema: {
        tags,
        summary: 'List your tokens for machines',
        querystring: ApiTokenQuery,
        response: { 200: ApiTokenPage },
      },
    },
    async (request) => await apiTokens.listApiTokens(callOf(request), request.query),
  )
  app.delete(
    `${BASE}/tokens/:id`,
    {
      config: { permission: 'tokens:write' },
      schema: { tags, summary: 'Remove a token for a machine', params: IdParams },
    },
    async (request, reply) => {
      await apiTokens.deleteApiToken(callOf(request), request.params.id)
      return await reply.code(204).send()
    },
  )
}
