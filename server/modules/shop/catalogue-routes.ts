import { callOf } from '#platform/http/callers'
import { sendCopy } from '#platform/http/copies'
import { type AnswerOnce, created } from '#platform/http/idempotency'
import { IdParams } from '#platform/http/schemas'
import type { HttpServer } from '#platform/http/types'
import type { Catalogue } from './catalogue.ts'
import type { Categories } from './categories.ts'
import {
  Category,
  CategoryBody,
  CategoryPage,
  CategoryQuery,
  Product,
  ProductBody,
  ProductChange,
  ProductPage,
  ProductQuery,
} from './schemas.ts'

type Parts = {
  readonly catalogue: Catalogue
  readonly categories: Categories
  readonly answerOnce: AnswerOnce
}

const BASE = '/api/v1'
const tags = ['shop']
const everybody = { public: true } as const
const writers = { permission: 'products:write' } as const

export function registerCatalogueRoutes(app: HttpServer, { catalogue, categories, answerOnce }: Parts): void {
  app.get(
    `${BASE}/products`,
    {
      config: everybody,
      schema: { tags, summary: 'List products', querystring: ProductQuery, response: { 200: ProductPage } },
    },
    async (request, reply) => {
      const found = await catalogue.listProducts(callOf(request), request.query)
      return await sendCopy({ request, reply, ...found })
    },
  )
  app.get(
    `${BASE}/products/:id`,
    {
      config: everybody,
      schema: { tags, summary: 'Read a product', params: IdParams, response: { 200: Product } },
    },
    async (request, reply) => {
      const found = await catalogue.getProduct(callOf(request), request.params.id)
      return await sendCopy({ request, reply, ...found })
    },
  )
  app.post(
    `${BASE}/products`,
    {
      config: writers,
      schema: { tags, summary: 'Add a product', body: ProductBody, response: { 201: Product } },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await catalogue.createProduct(call, request.body),
        present: (product: Product) => created(`${BASE}/products`, product),
      }),
  )
  app.put(
    `${BASE}/products/:id`,
    {
      config: writers,
      schema: {
        tags,
        summary: 'Change a product',
        params: IdParams,
        body: ProductChange,
        response: { 200: Product },
      },
    },
    async (request) => await catalogue.changeProduct(callOf(request), request.params.id, request.body),
  )
  app.delete(
    `${BASE}/products/:id`,
    { config: writers, schema: { tags, summary: 'Remove a product', params: IdParams } },
    async (request, reply) => {
      await catalogue.deleteProduct(callOf(request), request.params.id)
      return await reply.code(204).send()
    },
  )

  app.get(
    `${BASE}/categories`,
    {
      config: everybody,
      schema: {
        tags,
        summary: 'List categories',
        querystring: CategoryQuery,
        response: { 200: CategoryPage },
      },
    },
    async (request) => await categories.listCategories(request.query),
  )
  app.get(
    `${BASE}/categories/:id`,
    {
      config: everybody,
      schema: { tags, summary: 'Read a category', params: IdParams, response: { 200: Category } },
    },
    async (request) => await categories.getCategory(request.params.id),
  )
  app.post(
    `${BASE}/categories`,
    {
      config: writers,
      schema: { tags, summary: 'Add a category', body: CategoryBody, response: { 201: Category } },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await categories.createCategory(call, request.body),
        present: (category: Category) => created(`${BASE}/categories`, category),
      }),
  )
  app.put(
    `${BASE}/categories/:id`,
    {
      config: writers,
      schema: {
        tags,
        summary: 'Rename a category',
        params: IdParams,
        body: CategoryBody,
        response: { 200: Category },
      },
    },
    async (request) => await categories.renameCategory(callOf(request), request.params.id, request.body),
  )
  app.delete(
    `${BASE}/categories/:id`,
    { config: writers, schema: { tags, summary: 'Remove a category without products', params: IdParams } },
    async (request, reply) => {
      await categories.deleteCategory(callOf(request), request.params.id)
      return await reply.code(204).send()
    },
  )
}
