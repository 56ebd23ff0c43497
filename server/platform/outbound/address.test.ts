import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isAllowedAddress } from './address.ts'
import { hostOf, namesRefusedAddress, parseOutboundUrl } from './url.ts'

/** Own servers and this machine: allowed when private addresses are. */
const PRIVATE = [
  '10.0.0.1',
  '10.255.255.255',
  '100.64.0.1',
  '100.127.255.254',
  '127.0.0.1',
  '127.255.255.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.0.1',
  '192.168.255.255',
  '::1',
  'fc00::1',
  'fd12:3456:789a::1',
  '::ffff:127.0.0.1',
  '::ffff:10.1.2.3',
  '::ffff:c0a8:101',
  '0:0:0:0:0:ffff:7f00:1',
  '64:ff9b::127.0.0.1',
  '64:ff9b::a00:1',
]

/** Nobody's receiver, whatever is allowed. */
const NEVER = [
  '0.0.0.0',
  '0.1.2.3',
  '100.100.100.200',
  '168.63.129.16',
  '169.254.0.1',
  '169.254.169.254',
  '192.0.0.192',
  '192.0.2.1',
  '192.88.99.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.7',
  '203.0.113.9',
  '224.0.0.1',
  '239.255.255.250',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::127.0.0.1',
  '::8.8.8.8',
  '::ffff:0.0.0.0',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '::ffff:0:127.0.0.1',
  '::ffff:0:8.8.8.8',
  '64:ff9b::169.254.169.254',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::7f00:1',
  '100::1',
  '2001::1',
  '2001:0:4136:e378:8000:63bf:3fff:fdd2',
  '2001:2::1',
  '2001:10::1',
  '2001:20::1',
  '2001:db8::1',
  '2002:7f00:1::',
  '2002:a9fe:a9fe::1',
  '2002:808:808::1',
  '3fff::1',
  '5f00::1',
  'fd00:ec2::254',
  'fd20:ce::254',
  'fe80::1',
  'fe80::1%eth0',
  'febf::1',
  'fec0::1',
  'ff02::1',
  '2606:4700::1111%eth0',
  '',
  'localhost',
  '127.1',
  '0x7f000001',
]

const PUBLIC = [
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.1',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '2606:4700::1111',
  '2001:4860:4860::8888',
  '2a00:1450::1',
  '::ffff:8.8.8.8',
  '64:ff9b::8.8.8.8',
]

/** Spellings of one host, all of which a browser's URL parser takes. */
const SPELLINGS: readonly (readonly [string, string])[] = [
  ['http://2130706433/', '127.0.0.1'],
  ['http://0x7f000001/', '127.0.0.1'],
  ['http://017700000001/', '127.0.0.1'],
  ['http://0177.0.0.1/', '127.0.0.1'],
  ['http://0x7f.0x0.0x0.0x1/', '127.0.0.1'],
  ['http://0x7f.1/', '127.0.0.1'],
  ['http://127.1/', '127.0.0.1'],
  ['http://127.0.1/', '127.0.0.1'],
  ['http://127.0.0.1./', '127.0.0.1'],
  ['http://127.000.000.001/', '127.0.0.1'],
  ['http://%31%32%37.0.0.1/', '127.0.0.1'],
  ['http://１２７.0.0.1/', '127.0.0.1'],
  ['http://127。0。0。1/', '127.0.0.1'],
  ['http:\\\\127.0.0.1\\', '127.0.0.1'],
  ['http:127.0.0.1', '127.0.0.1'],
  ['HTTP:///127.0.0.1', '127.0.0.1'],
  ['http://127.0.0.\t1/', '127.0.0.1'],
  ['http://0/', '0.0.0.0'],
  ['http://0xa9fea9fe/', '169.254.169.254'],
  ['http://2852039166/', '169.254.169.254'],
  ['http://0251.0376.0251.0376/', '169.254.169.254'],
  ['http://[::1]/', '::1'],
  ['http://[0000:0:0:0:0:0:0:0001]/', '::1'],
  ['http://[::ffff:127.0.0.1]/', '::ffff:7f00:1'],
  ['http://[::FFFF:7F00:0001]/', '::ffff:7f00:1'],
  ['http://[::127.0.0.1]/', '::7f00:1'],
  ['http://[64:ff9b::127.0.0.1]/', '64:ff9b::7f00:1'],
  ['http://[fd00:ec2::254]/latest/', 'fd00:ec2::254'],
]

const NO_URLS = [
  '',
  'example.com',
  '//example.com/',
  'file:///etc/passwd',
  'ftp://example.com/',
  'gopher://127.0.0.1:6379/_FLUSHALL',
  'javascript:alert(1)',
  'data:text/plain,x',
  'unix:/var/run/docker.sock',
  'ws://example.com/',
  'https://user@example.com/',
  'https://user:password@example.com/',
  'https://:password@example.com/',
  'https://@example.com/',
  'https://:@example.com/',
  'https:\\\\@example.com/',
  'https://example.com@127.0.0.1/',
  'http://[::1',
  'http://[fe80::1%25eth0]/',
  'http://256.256.256.256/',
  'http://exa mple.com/',
  'http://example.com:99999/',
  'https://',
]

describe('the addresses that may be asked', () => {
  it('refuses what is private and what is special', () => {
    for (const address of [...PRIVATE, ...NEVER]) {
      assert.equal(isAllowedAddress(address, { allowPrivate: false }), false, address)
    }
  })

  it('allows private ones when told to, and never the special ones', () => {
    for (const address of PRIVATE) {
      assert.equal(isAllowedAddress(address, { allowPrivate: true }), true, address)
    }
    for (const address of NEVER) {
      assert.equal(isAllowedAddress(address, { allowPrivate: true }), false, address)
    }
  })

  it('allows those of the public internet, up to the edges', () => {
    for (const address of PUBLIC) {
      assert.equal(isAllowedAddress(address, { allowPrivate: false }), true, address)
      assert.equal(isAllowedAddress(address, { allowPrivate: true }), true, address)
    }
  })

  it('sees the address behind every spelling', () => {
    for (const [text, host] of SPELLINGS) {
      const url = parseOutboundUrl(text)
      assert.ok(url !== null, text)
      assert.equal(hostOf(url), host, text)
      assert.ok(namesRefusedAddress(url, { allowPrivate: false }), text)
    }
  })

  it('takes nothing but http and https without a user', () => {
    for (const text of NO_URLS) assert.equal(parseOutboundUrl(text), null, text)
    for (const text of [
      'https://example.com/@someone',
      'http://example.com:8080/x?y=a@b',
      'https://münchen.de/',
    ]) {
      const url = parseOutboundUrl(text)
      assert.ok(url !== null && !namesRefusedAddress(url, { allowPrivate: false }), text)
    }
  })
})
