/** How real instances differ from each other; each is a choice of the simulator's. */
export type InvgateDialect = 'service-management' | 'simple'

export type Settings = {
  readonly dialect: InvgateDialect
  /** Where the API is below the root; without a slash at the end. */
  readonly basePath: string
  readonly username: string
  readonly password: string
  /** The client id and secret are the username and the password. */
  readonly hasOauth: boolean
  /** What becomes of the scopes that are asked for: `lost` as one integrator saw it, and says so or does not. */
  readonly scopes: 'granted' | 'lost' | 'lost_silently'
  /** `legacy` sends every number as a string, and fewer fields. */
  readonly idStyle: 'modern' | 'legacy'
  /** How a create names what it has made: `request_id` as a string or a number, or only `id`. */
  readonly requestIdStyle: 'string' | 'number' | 'id'
  /** Rows on a page of `incidents.details.by.view`, and of the simple dialect's list. */
  readonly pageSize: number
  /** Categories on a page however many are asked for; `all` for old instances, which know no pages. */
  readonly mostCategories: number | 'all'
  /** What a request for an unknown record is answered with. */
  readonly notFound: '404' | 'false' | 'error200'
  /** A sign-in page instead of JSON for those who are not let in. */
  readonly hasHtmlSignIn: boolean
  /** `incidents.last.hour` as a bare array; the sources differ. */
  readonly hasFlatLastHour: boolean
  /** Requests a second that are answered; 0 for no limit. */
  readonly ratePerSecond: number
  readonly hasRetryAfter: boolean
  readonly language: 'en' | 'es'
  readonly tokenTtlSeconds: number
  readonly now: () => Date
}

/** Values for tests only. */
export const defaultSettings: Settings = {
  dialect: 'service-management',
  basePath: '/api/v1',
  username: 'api',
  password: 'sim-password',
  hasOauth: false,
  scopes: 'granted',
  idStyle: 'modern',
  requestIdStyle: 'string',
  pageSize: 1_000,
  mostCategories: 500,
  notFound: '404',
  hasHtmlSignIn: false,
  hasFlatLastHour: false,
  ratePerSecond: 0,
  hasRetryAfter: true,
  language: 'en',
  tokenTtlSeconds: 3_600,
  now: () => new Date(),
}
