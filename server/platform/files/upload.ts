import { createHash } from 'node:crypto'
import multipart from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import { type TSchema, Type } from 'typebox'
import { AppError, invalidField } from '../errors.ts'
import { refuseRequest } from '../http/problem.ts'
import { Strict } from '../http/schemas.ts'
import type { HttpServer } from '../http/types.ts'
import { refuseFile } from './errors.ts'
import { plainFileName } from './file-name.ts'
import { fileTypes } from './file-type.ts'

export const MAX_FILE_BYTES = 5 * 1_024 * 1_024
/** What people write goes along with some files. */
const MAX_FIELD_BYTES = 128 * 1_024

/** The bytes are not among its fields, so that whoever walks a request's body meets a name and a hash only. */
export class Upload {
  readonly name: string
  readonly sha256: string
  readonly #content: Buffer

  constructor({ name, content }: { readonly name: string; readonly content: Buffer }) {
    this.name = plainFileName(name)
    this.sha256 = createHash('sha256').update(content).digest('hex')
    this.#content = content
  }

  get content(): Buffer {
    return this.#content
  }
}

/** What a file may be sent as by itself; in a form it has no say in this. */
const RAW_TYPES = [...fileTypes, 'application/octet-stream']

/** For what a route that takes a file says of its query and its body. */
export const UploadQuery = Strict({
  filename: Type.Optional(
    Type.String({ maxLength: 1_000, description: 'What the file is called, when it is sent by itself' }),
  ),
})
const anything: TSchema = Type.Unknown({ contentEncoding: 'binary' })
export const uploadBody = {
  content: {
    'multipart/form-data': {
      schema: Type.Unknown({ properties: { file: { type: 'string', contentEncoding: 'binary' } } }),
    },
    ...Object.fromEntries(RAW_TYPES.map((type) => [type, { schema: anything }])),
  },
}

/** Has the routes of this scope, and no others, take files: by themselves or as the one file of a form. */
export async function acceptUploads(scope: HttpServer): Promise<void> {
  await scope.register(multipart, {
    limits: { fileSize: MAX_FILE_BYTES, files: 1, fields: 10, fieldSize: MAX_FIELD_BYTES, parts: 11 },
  })
  scope.addContentTypeParser<Buffer>(
    RAW_TYPES,
    { parseAs: 'buffer', bodyLimit: MAX_FILE_BYTES },
    (request, content, done) => done(null, new Upload({ name: nameInQuery(request), content })),
  )
  scope.addContentTypeParser('*', (_request, _payload, done) => done(unsupported()))
}

/** The file that was sent; it takes the place of the request's body, by which a repeated request is known. */
export async function takeUpload(request: FastifyRequest): Promise<Upload> {
  const { upload } = await takeForm(request)
  request.body = upload
  return upload
}

/** A file with what else stood in its form; a file that is sent by itself has nothing beside it. */
export type UploadForm = {
  readonly upload: Upload
  readonly fields: Readonly<Record<string, string>>
}

/** The same with the texts of the form. */
export async function takeForm(request: FastifyRequest): Promise<UploadForm> {
  const { upload, fields } = request.isMultipart()
    ? await takeParts(request)
    : { upload: request.body, fields: {} }
  if (upload === undefined || upload === null) throw refuseFile('file_missing')
  if (!(upload instanceof Upload)) throw unsupported()
  if (upload.content.length === 0) throw refuseFile('file_missing')
  const form = { upload, fields }
  request.body = form
  return form
}

function unsupported(): AppError {
  return refuseFile('unsupported_file', { details: { allowed: fileTypes.join(', ') } })
}

function nameInQuery({ query }: FastifyRequest): string {
  const name: unknown =
    typeof query === 'object' && query !== null ? Reflect.get(query, 'filename') : undefined
  return typeof name === 'string' ? name : ''
}

type Parts = { readonly upload: Upload | undefined; readonly fields: Readonly<Record<string, string>> }

async function takeParts(request: FastifyRequest): Promise<Parts> {
  let upload: Upload | undefined
  const fields: Record<string, string> = {}
  try {
    // To the end: whatever else is in the form is read and counted as well.
    for await (const part of request.parts()) {
      if (part.type === 'file') {
        // Its type says that a name is always there; RFC 7578 says that it need not be.
        const name: unknown = part.filename
        upload = new Upload({ name: typeof name === 'string' ? name : '', content: await part.toBuffer() })
      } else if (part.valueTruncated) throw tooLong(part.fieldname)
      else if (typeof part.value === 'string') fields[part.fieldname] = part.value
    }
  } catch (error) {
    throw refusalOfForm(error)
  }
  return { upload, fields }
}

function tooLong(name: string): AppError {
  return invalidField({
    pointer: `/${name}`,
    code: 'too_long',
    text: { en: 'is too long', id: 'terlalu panjang' },
  })
}

function refusalOfForm(error: unknown): Error {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  if (code === 'FST_REQ_FILE_TOO_LARGE') return tooLarge()
  if (code === 'FST_FILES_LIMIT') return refuseFile('one_file_only')
  // A form that ends too early or is none at all, whatever the parser says of it.
  return error instanceof AppError ? error : refuseRequest('bad_request')
}

function tooLarge(): AppError {
  return refuseFile('file_too_large', { details: { most_bytes: MAX_FILE_BYTES } })
}
