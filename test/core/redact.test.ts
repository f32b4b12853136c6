import { describe, expect, it } from 'vitest';
import { redactor, withoutUserinfo } from '../../src/core/redact.js';

describe('redactor', () => {
  it.each(['db.password', 'DB_PASSWORD', 'my.apiKey', 'API_KEY', 'api-key', 'rest.api.key', 'PRIVATE_KEY', 'ssl.private-key', 'oauth.token', 'a.Credentials', 'clientSecret'])(
    'takes %s for a secret, however it is spelled',
    (key) => {
      expect(redactor()(key)).toBe(true);
    },
  );

  it.each(['gateway.limit', 'keys', 'api', 'key', 'pass', '', '__proto__'])('shows %s', (key) => {
    expect(redactor()(key)).toBe(false);
  });

  it('takes words and patterns of the user in place of its own', () => {
    const isSecret = redactor(['PIN_code', /^x\d$/g]);
    expect(['pin-code', 'x1', 'x1', 'db.password'].map((key) => isSecret(key))).toEqual([true, true, true, false]);
  });
});

describe('withoutUserinfo', () => {
  it.each([
    ['postgres://user:pw@host/db', 'postgres://user:***@host/db'],
    ['redis://:pw@host, redis://:other@host', 'redis://:***@host, redis://:***@host'],
    ['http://host:80/a@b', 'http://host:80/a@b'],
    ['http://user@host/', 'http://user@host/'],
    ['a:b@c', 'a:b@c'],
  ])('shows %s as %s', (text, shown) => {
    expect(withoutUserinfo(text)).toBe(shown);
  });
});
