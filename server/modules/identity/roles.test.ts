import assert from 'node:assert/strict'
import { it } from 'node:test'
import { mayCreate, permissionsOf, roles } from './roles.ts'

it('F11 gives an administrator every permission of every role', () => {
  const all = permissionsOf('admin')
  for (const role of roles) {
    for (const permission of permissionsOf(role)) assert.ok(all.has(permission), `${role}: ${permission}`)
  }
})

it('F11 lets only an administrator write accounts, and only those who must read them', () => {
  const holders = (permission: string) => roles.filter((role) => permissionsOf(role).has(permission))
  assert.deepEqual(holders('users:write'), ['admin'])
  assert.deepEqual(holders('users:create'), ['admin', 'production_manager'])
  assert.deepEqual(holders('users:read'), ['admin', 'production_manager', 'agent'])
  assert.deepEqual(holders('profile:read'), [...roles])
})

it('F11 gives a role that it does not know no permission', () => {
  for (const role of ['', 'root', 'ADMIN', 'constructor', '__proto__', 'toString']) {
    assert.equal(permissionsOf(role).size, 0, role)
    assert.equal(mayCreate(role, 'customer'), false, role)
  }
})

it('I1 lets an administrator create every role and a production manager operators', () => {
  const created = (creator: string) => roles.filter((role) => role !== 'customer' && mayCreate(creator, role))
  assert.deepEqual(created('admin'), ['admin', 'production_manager', 'operator', 'agent'])
  assert.deepEqual(created('production_manager'), ['operator'])
  for (const role of ['operator', 'agent', 'customer']) assert.deepEqual(created(role), [], role)
})
