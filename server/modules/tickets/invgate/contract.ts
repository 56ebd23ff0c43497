/** The one interface of both dialects. Every function throws an InvgateFailure. Ids are InvGate's, as text. */
export type InvgateDesk = {
  /** What this dialect can do besides making, finding and reading incidents. */
  readonly abilities: ReadonlySet<InvgateAbility>
  /** Makes an incident, at most once; whether it exists after a failure, the failure says. */
  readonly create: (
    incident: NewInvgateIncident,
    limit?: { readonly withinMs: number },
  ) => Promise<{ readonly id: string }>
  /** The incident whose text carries the reference; null where none does that was made since. */
  readonly findByReference: (
    reference: string,
    owner: InvgatePerson & { readonly since?: Date },
  ) => Promise<{ readonly id: string } | null>
  readonly find: (id: string) => Promise<InvgateIncident | null>
  /** Those that exist, by any number of ids. */
  readonly list: (ids: readonly string[]) => Promise<readonly InvgateIncident[]>
  readonly listComments: (id: string) => Promise<readonly InvgateComment[]>
  readonly comment: (id: string, comment: NewInvgateComment) => Promise<void>
  readonly move: (id: string, move: InvgateMove) => Promise<void>
  readonly findUser: (email: string) => Promise<{ readonly id: number } | null>
  readonly createUser: (user: NewInvgateUser) => Promise<{ readonly id: number }>
  /** Without a place InvGate may not let a new user own incidents; to repeat it does no harm. */
  readonly placeUser: (id: number, place: InvgatePlace) => Promise<void>
  readonly listCatalogue: (name: CatalogueName) => Promise<readonly CatalogueEntry[]>
  /** Resolves when InvGate answers. */
  readonly check: () => Promise<void>
}

export type InvgateAbility = 'comments' | 'moves' | 'users' | 'catalogues'

/** The simple dialect knows people by their address, the real one by its own ids only. */
export type InvgatePerson = { readonly id: number | null; readonly email: string }
export type InvgateFile = { readonly name: string; readonly mediaType: string; readonly content: Buffer }

export type NewInvgateIncident = {
  /** Goes into the text, so that the incident can be found again. */
  readonly reference: string
  readonly title: string
  /** Plain text. */
  readonly description: string
  readonly creator: InvgatePerson
  readonly customer: InvgatePerson
  readonly categoryId: number
  readonly typeId: number
  readonly priorityId: number
  readonly sourceId: number | null
  readonly files: readonly InvgateFile[]
}

export type InvgateIncident = {
  readonly id: string
  readonly title: string
  readonly priorityId: number | null
  /** Null for a status that is none of the eight. */
  readonly status: InvgateStatus | null
  readonly rating: number | null
  readonly createdAt: Date | null
  readonly updatedAt: Date | null
}

/** InvGate's eight statuses in our words. */
export type InvgateStatus = {
  readonly status: 'new' | 'open' | 'pending' | 'solved' | 'closed' | 'cancelled'
  readonly pendingReason: 'customer' | 'agent' | null
}

export type InvgateComment = {
  readonly id: string
  readonly authorId: number | null
  /** Harmless HTML, and the same as plain text. */
  readonly html: string
  readonly text: string
  readonly isPublic: boolean
  readonly isSolution: boolean
  readonly createdAt: Date
}

export type NewInvgateComment = {
  /** Plain text. */
  readonly text: string
  readonly authorId: number
  readonly isPublic: boolean
  readonly isSolution: boolean
  readonly files: readonly InvgateFile[]
}

/** A change of status; `comment` is plain text. */
export type InvgateMove = { readonly authorId: number; readonly comment: string } & (
  | { readonly to: 'cancelled' | 'open' | 'waiting_for_customer' }
  | { readonly to: 'accepted'; readonly rating: number }
  | { readonly to: 'not_accepted' }
)

/** Without a password: InvGate never learns ours. */
export type NewInvgateUser = {
  readonly name: string
  readonly lastname: string
  readonly email: string
}

/** Where users are put, by InvGate's ids; nowhere for null. */
export type InvgatePlace = { readonly companyId: number | null; readonly groupId: number | null }

export type CatalogueName = 'statuses' | 'priorities' | 'types' | 'sources' | 'categories'
export type CatalogueEntry = { readonly id: number; readonly name: string; readonly parentId: number | null }
