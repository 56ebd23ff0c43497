import type { Reader, UploadedFile } from './parameters.ts'
import type { Settings } from './settings.ts'
import type { Store } from './store.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** What a handler is given; it answers the body of a 200, or throws a Refusal. */
export type EndpointCall = {
  readonly read: Reader
  readonly files: readonly UploadedFile[]
  readonly store: Store
  readonly settings: Settings
}

export type Handler = (call: EndpointCall) => unknown
/** The methods of each endpoint, by its name as it stands in the path. */
export type Endpoints = Readonly<Record<string, Partial<Record<Method, Handler>>>>
