import type { FastifyReply, FastifyRequest } from 'fastify'
import { type TSchema, Type } from 'typebox'
import { callOf, refuseCaller } from '../http/callers.ts'
import { isKnownToClient } from '../http/etag.ts'
import { IdParams } from '../http/schemas.ts'
import type { HttpServer } from '../http/types.ts'
import { refuseFile } from './errors.ts'
import { contentDisposition } from './file-name.ts'
import type { FileRow } from './file-queries.ts'
import { allFileTypes, asFileType, imageTypes } from './file-type.ts'
import { type FilePurpose, type Files, filePath } from './files.ts'

type Parts = { readonly files: Files; readonly purposes: readonly FilePurpose[] }

/** Whoever looks at a file in a browser gets no script of it to run and nothing to load. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
const binary: TSchema = Type.Unknown()

export function registerFileRoutes(app: HttpServer, { files, purposes }: Parts): void {
  app.get(
    filePath(':id'),
    {
      config: { public: true },
      schema: {
        tags: ['files'],
        summary: 'Read a file: images of products for everybody, others for whom they concern',
        params: IdParams,
        response: {
          200: {
            description: 'The bytes as they were sent',
            content: Object.fromEntries(allFileTypes.map((type) => [type, { schema: binary }])),
          },
        },
      },
    },
    async (request, reply) => {
      const file = await files.find(request.params.id)
      const purpose = purposes.find(({ name }) => name === file?.purpose)
      if (file === undefined || purpose === undefined) throw refuseFile('file_not_found')
      await requireReader(request, file, purpose)
      describe(reply, file, { isPublic: purpose.readers === 'everybody' })
      if (isKnownToClient(request, tagOf(file))) return await sendNothingNew(reply)
      return await reply.type(file.type).send(await files.readUpload(file))
    },
  )
}

/** To others it is not there; who has lost their token is told so. */
async function requireReader(
  request: FastifyRequest,
  file: FileRow,
  { readers }: FilePurpose,
): Promise<void> {
  if (readers === 'everybody') return
  if (request.actor === null) throw refuseCaller(request.anonymity)
  if (!(await readers(callOf(request), file))) throw refuseFile('file_not_found')
}

function describe(reply: FastifyReply, file: FileRow, { isPublic }: { readonly isPublic: boolean }): void {
  // A browser shows no PDF in a sandbox, and text is for saving.
  const type = asFileType(file.type)
  const kind = imageTypes.some((image) => image === type) ? 'inline' : 'attachment'
  reply.headers({
    etag: tagOf(file),
    'cache-control': isPublic ? 'public, max-age=31536000, immutable' : 'private, no-store',
    'content-disposition': contentDisposition(kind, file.name),
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': isPublic ? 'cross-origin' : 'same-origin',
  })
}

async function sendNothingNew(reply: FastifyReply): Promise<FastifyReply> {
  return await reply.code(304).send()
}

function tagOf({ sha256 }: FileRow): string {
  return `"${sha256}"`
}
