// What the tests of both clients share: the server that `run` started, and what an administrator prepares on it.
import { readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import nodeVault from 'node-vault';

export const address = process.env.TEST_ADDRESS;
export const rootToken = process.env.TEST_TOKEN;
export const caFile = process.env.TEST_CA;  // undefined over plain HTTP

export const unique = (prefix) => `${prefix}-${randomBytes(4).toString('hex')}`;

export function client(token = '') {
  const requestOptions = caFile ? { ca: readFileSync(caFile) } : {};
  return nodeVault({ apiVersion: 'v1', endpoint: address, token, requestOptions });
}

// A mount of the kv engine, a policy that may read below `folder` of it, and an AppRole with that policy; all gone after `t`.
export async function prepare(t, { folder, role = {} }) {
  const root = client(rootToken);
  const mount = unique('kv'), policy = unique('policy'), approle = unique('approle');
  t.after(async () => {
    await root.unmount({ mount_point: mount });
    await root.disableAuth({ mount_point: approle });
    await root.removePolicy({ name: policy });
  });
  await root.mount({ mount_point: mount, type: 'kv', options: { version: '2' } });
  await root.enableAuth({ mount_point: approle, type: 'approle' });
  await root.addPolicy({ name: policy, policy: `path "${mount}/data/${folder}/*" { capabilities = ["read"] }\npath "${mount}/metadata/${folder}/*" { capabilities = ["list"] }` });
  await root.addApproleRole({ mount_point: approle, role_name: 'app', policies: policy, token_ttl: 3600, ...role });
  const roleId = (await root.getApproleRoleId({ mount_point: approle, role_name: 'app' })).data.role_id;
  const secretId = (await root.getApproleRoleSecret({ mount_point: approle, role_name: 'app' })).data.secret_id;
  return { root, mount, policy, approle, roleId, secretId };
}
