// node-vault: an application that reads its configuration at run time, and one that lives on an AppRole's renewed token.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { client, prepare, rootToken } from './setup.mjs';

const refused = (status) => (error) => error.response.statusCode === status;

test('a runtime client reads its secrets and no others', async (t) => {
  const { root, mount, policy } = await prepare(t, { folder: 'ts-bun-app' });
  const database = { url: 'postgresql://user:password@localhost:5432/ts_bun_app', password: 'super-secret-db-password' };
  await root.write(`${mount}/data/ts-bun-app/database`, { data: database });
  await root.write(`${mount}/data/other-app/database`, { data: { password: 'not yours' } });

  const app = client(rootToken);
  await app.tokenCreate({ policies: [policy], ttl: '1h' });  // the client goes on with the token that it made
  const read = await app.read(`${mount}/data/ts-bun-app/database`);
  assert.deepEqual(read.data.data, database);
  assert.equal(read.data.metadata.version, 1);
  await assert.rejects(app.read(`${mount}/data/other-app/database`), refused(403));
  await assert.rejects(app.write(`${mount}/data/ts-bun-app/database`, { data: {} }), refused(403));
  await assert.rejects(app.read(`${mount}/data/ts-bun-app/nothing`), refused(404));
  await assert.rejects(client('hvs.no-such-token').read(`${mount}/data/ts-bun-app/database`), refused(403));
});

test('versions are listed, patched, deleted and brought back', async (t) => {
  const { root, mount } = await prepare(t, { folder: 'app' });
  for (const n of [1, 2]) await root.write(`${mount}/data/app/one`, { data: { n, text: 'größe ☃', nested: { list: [1, null, true] } } });
  await root.update(`${mount}/data/app/one`, { data: { text: null, more: 'x' } });
  assert.deepEqual((await root.read(`${mount}/data/app/one`)).data.data, { n: 2, more: 'x', nested: { list: [1, null, true] } });
  assert.deepEqual((await root.read(`${mount}/data/app/one?version=1`)).data.data.text, 'größe ☃');
  assert.deepEqual((await root.list(`${mount}/metadata/app`)).data.keys, ['one']);
  await root.delete(`${mount}/data/app/one`);
  await assert.rejects(root.read(`${mount}/data/app/one`), refused(404));
  await root.write(`${mount}/undelete/app/one`, { versions: [3] });
  assert.equal((await root.read(`${mount}/data/app/one`)).data.metadata.version, 3);
  await assert.rejects(root.write(`${mount}/data/app/one`, { data: {}, options: { cas: 1 } }), refused(400));
});

test('an AppRole token renews itself until its maximum', async (t) => {
  const { root, mount, approle, roleId, secretId } = await prepare(t, { folder: 'flask-app', role: { token_ttl: 2, token_max_ttl: 30 } });
  await root.write(`${mount}/data/flask-app/redis`, { data: { host: 'redis-master', port: '6379' } });
  const app = client();
  const login = await app.approleLogin({ mount_point: approle, role_id: roleId, secret_id: secretId });
  assert.equal(login.auth.renewable, true);
  assert.equal(app.token, login.auth.client_token);
  const alive = setInterval(() => {}, 1000);  // the client's own timer lets the process end
  t.after(() => {
    app.stopTokenRenewal();
    clearInterval(alive);
  });
  await app.startTokenRenewal({ ttl: login.auth.lease_duration, increment: 2, renewFraction: 0.5 });
  for (let renewed = 0; renewed < 3; ++renewed) {
    const [answer] = await once(app, 'token:renewed');
    assert.equal(answer.auth.client_token, login.auth.client_token);
    assert.deepEqual((await app.read(`${mount}/data/flask-app/redis`)).data.data, { host: 'redis-master', port: '6379' });
  }
  await assert.rejects(client().approleLogin({ mount_point: approle, role_id: roleId, secret_id: 'wrong' }), refused(400));
});

test('a secret id is handed out wrapped, and opens once', async (t) => {
  const { root, approle, roleId } = await prepare(t, { folder: 'app' });
  const wrapped = await root.getApproleRoleSecret({ mount_point: approle, role_name: 'app', requestOptions: { headers: { 'X-Vault-Wrap-TTL': '5m' } } });
  assert.equal(wrapped.wrap_info.ttl, 300);
  const opened = await client(wrapped.wrap_info.token).unwrap();
  const login = await client().approleLogin({ mount_point: approle, role_id: roleId, secret_id: opened.data.secret_id });
  assert.ok(login.auth.client_token);
  await assert.rejects(client(wrapped.wrap_info.token).unwrap(), refused(400));
});

test('tokens, mounts and health look as the client expects', async () => {
  const root = client(rootToken);
  const made = (await client(rootToken).tokenCreate({ policies: ['default'], ttl: '10m', meta: { team: 'a' } })).auth;
  const told = (await root.tokenLookup({ token: made.client_token })).data;
  assert.deepEqual([told.policies, told.meta, told.accessor], [['default'], { team: 'a' }, made.accessor]);
  await root.tokenRevoke({ token: made.client_token });
  await assert.rejects(root.tokenLookup({ token: made.client_token }), refused(403));
  assert.equal((await root.health()).sealed, false);
  assert.equal((await root.initialized()).initialized, true);
  assert.equal((await root.mounts()).data['sys/'].type, 'system');
  assert.equal((await root.auths()).data['token/'].type, 'token');
});
