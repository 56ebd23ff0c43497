import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'

/** What webhooks sign with, and how it is kept. */

const PREFIX = 'whsec_'
const NEW_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** As https://www.standardwebhooks.com/ writes secrets: 24 to 64 bytes, in base64 after the prefix. */
export function isSecret(text: string): boolean {
  if (!text.startsWith(PREFIX)) return false
  const bytes = keyOf(text)
  return bytes.length >= 24 && bytes.length <= 64 && bytes.toString('base64') === text.slice(PREFIX.length)
}

export function newSecret(): string {
  return PREFIX + randomBytes(NEW_BYTES).toString('base64')
}

type Message = { readonly id: string; readonly timestampSeconds: number; readonly body: string }

/** The value of `webhook-signature` (Standard Webhooks, symmetric scheme). */
export function sign(secret: string, { id, timestampSeconds, body }: Message): string {
  const content = `${id}.${timestampSeconds}.${body}`
  return `v1,${createHmac('sha256', keyOf(secret)).update(content).digest('base64')}`
}

function keyOf(secret: string): Buffer {
  return Buffer.from(secret.slice(PREFIX.length), 'base64')
}

export type Sealing = {
  readonly seal: (webhookId: string, secret: string) => string
  /** Throws when it was sealed with another server's secret, or for another webhook. */
  readonly unseal: (webhookId: string, sealed: string) => string
}

/** Whoever has the database alone cannot sign. AES-256-GCM, bound to the webhook whose secret it is. */
export function createSealing(serverSecret: string): Sealing {
  const key = Buffer.from(hkdfSync('sha256', serverSecret, '', 'karya webhook secret', 32))
  return {
    seal(webhookId, secret) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(webhookId))
      const text = Buffer.concat([cipher.update(secret), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64')
    },
    unseal(webhookId, sealed) {
      const bytes = Buffer.from(sealed, 'base64')
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(Buffer.from(webhookId))
        .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
      return Buffer.concat([
        decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)),
        decipher.final(),
      ]).toString()
    },
  }
}
