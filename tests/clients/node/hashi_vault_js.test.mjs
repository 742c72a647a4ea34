// hashi-vault-js: the same two applications with the client that names each call of the API.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Vault from 'hashi-vault-js';
import { address, caFile, prepare, rootToken } from './setup.mjs';

const vault = new Vault({ https: Boolean(caFile), cacert: caFile, baseUrl: `${address}/v1`, timeout: 10000, proxy: false });
const refused = (status) => (error) => error.isVaultError && error.response.status === status;

test('health and seal status', async () => {
  const health = await vault.healthCheck();
  assert.deepEqual([health.initialized, health.sealed, health.standby], [true, false, false]);
  assert.deepEqual([(await vault.sealStatus()).t, (await vault.sealStatus()).n], [3, 5]);
});

test('an AppRole reads its secrets, renews its token and is refused the rest', async (t) => {
  const { mount, approle } = await prepare(t, { folder: 'flask-app' });
  const database = { connection_string: 'mongodb://u:p@mongodb:27017/credit_system?authSource=admin', port: '27017' };
  assert.equal((await vault.createKVSecret(rootToken, 'flask-app/mongodb', database, mount)).version, 1);
  await vault.createKVSecret(rootToken, 'other-app/mongodb', database, mount);
  const path = `auth/${approle}`;
  const roleId = (await vault.instance.get(`${path}/role/app/role-id`, { headers: { 'X-Vault-Token': rootToken } })).data.data.role_id;
  const secret = await vault.generateAppRoleSecretId(rootToken, 'app', JSON.stringify({ pod: 'a' }), path);
  const login = await vault.loginWithAppRole(roleId, secret.secret_id, path);

  const read = await vault.readKVSecret(login.client_token, 'flask-app/mongodb', undefined, mount);
  assert.deepEqual(read.data, database);
  assert.deepEqual((await vault.listKVSecrets(login.client_token, 'flask-app/', mount)).keys, ['mongodb']);
  await assert.rejects(vault.readKVSecret(login.client_token, 'other-app/mongodb', undefined, mount), refused(403));
  await assert.rejects(vault.updateKVSecretMeta(login.client_token, 'flask-app/mongodb', {}, mount), refused(403));
  const renewed = await vault.renewSelfToken(login.client_token, '30m');
  assert.equal(renewed.client_token, login.client_token);
  assert.equal(renewed.lease_duration, 1800);
  assert.deepEqual((await vault.lookupSelfToken(login.client_token)).meta, { role_name: 'app', pod: 'a' });
  await vault.destroyAppRoleSecretId(rootToken, 'app', secret.secret_id, path);
  await assert.rejects(vault.loginWithAppRole(roleId, secret.secret_id, path), refused(400));
  await vault.revokeSelfToken(login.client_token);
  await assert.rejects(vault.readKVSecret(login.client_token, 'flask-app/mongodb', undefined, mount), refused(403));
});

test('versions live, die and come back', async (t) => {
  const { mount } = await prepare(t, { folder: 'app' });
  await vault.createKVSecret(rootToken, 'app/one', { n: 1 }, mount);
  await assert.rejects(vault.createKVSecret(rootToken, 'app/one', { n: 1 }, mount), refused(400));  // cas=0: it is there already
  assert.equal((await vault.updateKVSecret(rootToken, 'app/one', { n: 2 }, 1, mount)).version, 2);
  assert.deepEqual((await vault.readKVSecret(rootToken, 'app/one', 1, mount)).data, { n: 1 });
  await vault.deleteVersionsKVSecret(rootToken, 'app/one', [2], mount);
  await assert.rejects(vault.readKVSecret(rootToken, 'app/one', undefined, mount), refused(404));
  await vault.undeleteVersionsKVSecret(rootToken, 'app/one', [2], mount);
  assert.deepEqual((await vault.readKVSecret(rootToken, 'app/one', undefined, mount)).data, { n: 2 });
  await vault.destroyVersionsKVSecret(rootToken, 'app/one', [1], mount);
  await assert.rejects(vault.readKVSecret(rootToken, 'app/one', 1, mount), refused(404));
  assert.equal((await vault.readKVSecretMeta(rootToken, 'app/one', mount)).versions['1'].destroyed, true);
  await vault.updateKVSecretMeta(rootToken, 'app/one', { max_versions: 3, custom_metadata: { owner: 'team-a' } }, mount);
  assert.deepEqual((await vault.readKVSecretMeta(rootToken, 'app/one', mount)).custom_metadata, { owner: 'team-a' });
  await vault.eliminateKVSecret(rootToken, 'app/one', mount);
  await assert.rejects(vault.readKVSecretMeta(rootToken, 'app/one', mount), refused(404));
});
