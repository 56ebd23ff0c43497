import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sha256, signS3 } from './sigv4.ts'

/** The example of a GET in the description of Signature Version 4 for Amazon S3. */
it('S1 signs the published example as it was published', () => {
  const headers = signS3(
    {
      method: 'GET',
      url: new URL('https://examplebucket.s3.amazonaws.com/test.txt'),
      headers: { range: 'bytes=0-9' },
      contentSha256: sha256(''),
      now: new Date('2013-05-24T00:00:00.000Z'),
    },
    {
      accessKey: 'AKIAIOSFODNN7EXAMPLE',
      secretKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      region: 'us-east-1',
    },
  )
  assert.equal(headers['x-amz-date'], '20130524T000000Z')
  assert.equal(
    headers['authorization'],
    'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ' +
      'SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, ' +
      'Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  )
})
