import { businessError, phpMap, Refusal } from './answers.ts'
import type { EndpointCall, Endpoints } from './endpoint.ts'
import { guesses, missingParameter } from './guesses.ts'
import { missing } from './missing.ts'
import { pageOf, readPageKey } from './page-keys.ts'
import type { InvgateUser } from './records.ts'
import { shapeUser } from './shapes.ts'

export const userEndpoints: Endpoints = {
  user: { POST: createUser, GET: getUser, PUT: changeUser, DELETE: deleteUser },
  'user.by': { GET: findUser },
  users: { GET: listUsers },
  'users.by': { GET: searchUsers },
  'companies.users': { POST: addMembers },
  'groups.users': { POST: addMembers },
  'locations.users': { POST: addMembers },
}

function createUser({ read, store }: EndpointCall): unknown {
  const [name, lastname, email] = [read.text('name'), read.text('lastname'), read.text('email')]
  if (store.findUserBy('email', email) !== undefined) {
    return businessError(guesses.duplicateEmail, guesses.duplicateEmailCode)
  }
  return shapeUser(
    store.addUser({
      name,
      lastname,
      email,
      username: read.optionalText('username'),
      phone: read.optionalText('phone'),
      is_external: read.flag('is_external'),
    }),
  )
}

function getUser({ read, store }: EndpointCall): unknown {
  const user = store.findUser(read.integer('id'))
  return user !== undefined && isShown(user, read) ? shapeUser(user) : false
}

function isShown(user: InvgateUser, read: EndpointCall['read']): boolean {
  return !user.is_disabled || read.flag('include_disabled')
}

function changeUser({ read, store }: EndpointCall): unknown {
  const user = store.findUser(read.integer('id'))
  if (user === undefined) return businessError(guesses.unknownUser)
  store.addUser({
    ...user,
    name: read.optionalText('name') ?? user.name,
    lastname: read.optionalText('lastname') ?? user.lastname,
    email: read.optionalText('email') ?? user.email,
    phone: read.optionalText('phone') ?? user.phone,
  })
  return { status: 'OK' }
}

function deleteUser({ read, store }: EndpointCall): unknown {
  const id = read.integer('id')
  if (store.findUser(id) === undefined) return businessError(guesses.unknownUser)
  store.removeUser(id)
  return { status: 'OK' }
}

function findUser({ read, store, settings }: EndpointCall): unknown {
  const [email, username] = [read.optionalText('email'), read.optionalText('username')]
  if (email === null && username === null) {
    throw new Refusal(428, missingParameter('email', settings.language))
  }
  const user =
    email === null ? store.findUserBy('username', username ?? '') : store.findUserBy('email', email)
  return user === undefined ? missing(settings, guesses.unknownUser) : shapeUser(user)
}

function listUsers({ read, store }: EndpointCall): unknown {
  const ids = read.has('ids') ? read.integers('ids') : null
  return store
    .users()
    .filter((user) => isShown(user, read) && (ids === null || ids.includes(user.id)))
    .map(shapeUser)
}

function searchUsers({ read, store, settings }: EndpointCall): unknown {
  const matches = (['email', 'username', 'phone'] as const).flatMap((field) => {
    const wanted = read.optionalText(field)?.toLowerCase()
    return wanted === undefined ? [] : [{ field, wanted }]
  })
  const found = store.users().filter(
    (user) =>
      isShown(user, read) &&
      matches.every(({ field, wanted }) => {
        const value = user[field]?.toLowerCase() ?? ''
        return read.flag('exact_match') ? value === wanted : value.includes(wanted)
      }),
  )
  const { rows, nextKey } = pageOf(found, {
    lastId: readPageKey(read.optionalText('page_key'), settings.language),
    limit: guesses.usersPageSize,
    isDescending: false,
  })
  return {
    data: phpMap(rows.map((user) => [String(user.id), shapeUser(user)])),
    next_page_key: nextKey,
  }
}

function addMembers({ read, store }: EndpointCall): unknown {
  read.integer('id')
  return phpMap(read.integers('users').map((id) => [String(id), store.findUser(id) !== undefined]))
}
