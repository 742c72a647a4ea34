"""A library with one face for several secret stores, of which Vault is one: get, put, delete, list by pattern and rotate, with a
token or with AppRole, a cache in front and another store behind."""
import fnmatch, secrets, time, unittest

import hvac
from hvac import exceptions

import server


class VaultBackend:
    name = "vault"

    def __init__(self, address, verify, secret_path, auth):
        self.path = secret_path
        self.client = hvac.Client(url=address, verify=verify, token=auth.get("token", ""), timeout=5)
        if auth["method"] == "approle":
            self.client.auth.approle.login(role_id=auth["role_id"], secret_id=auth["secret_id"], mount_point=auth["mount"])
        self.kv = self.client.secrets.kv.v2

    def get_secret(self, key):
        try:
            return self.kv.read_secret_version(key, mount_point=self.path, raise_on_deleted_version=True)["data"]["data"]["value"]
        except exceptions.InvalidPath:
            return None

    def put_secret(self, key, value):
        self.kv.create_or_update_secret(key, secret={"value": value}, mount_point=self.path)

    def delete_secret(self, key):
        self.kv.delete_metadata_and_all_versions(key, mount_point=self.path)

    def list_secrets(self, pattern="*"):
        folder = pattern.rpartition("/")[0]
        try:
            keys = self.kv.list_secrets(folder, mount_point=self.path)["data"]["keys"]
        except exceptions.InvalidPath:
            return []
        return [key for key in keys if fnmatch.fnmatch(key, pattern.rpartition("/")[2])]

    def rotate_secret(self, key):
        value = secrets.token_urlsafe(24)
        held = self.kv.read_secret_version(key, mount_point=self.path, raise_on_deleted_version=True)["data"]["metadata"]["version"]
        self.kv.create_or_update_secret(key, secret={"value": value}, cas=held, mount_point=self.path)
        return value


class MemoryBackend:
    name = "memory"

    def __init__(self, values):
        self.values = values

    def get_secret(self, key):
        return self.values.get(key)


class SecretManager:
    def __init__(self, backends, ttl=60):
        self.backends, self.ttl, self.cache, self.audit = backends, ttl, {}, []

    def get_secret(self, key):
        if key in self.cache and time.monotonic() < self.cache[key][1]:
            return self.cache[key][0]
        failure = None
        for backend in self.backends:
            try:
                value = backend.get_secret(key)
                self.audit.append(("get", key, backend.name))
                if value is not None:
                    self.cache[key] = (value, time.monotonic() + self.ttl)
                    return value
            except (exceptions.VaultError, OSError) as error:
                failure = error
        if failure:
            raise failure
        return None

    def rotate_secret(self, key):
        value = self.backends[0].rotate_secret(key)
        self.cache.pop(key, None)
        return value


RULES = """
path "{0}/data/*" {{ capabilities = ["create", "read", "update", "delete"] }}
path "{0}/metadata/*" {{ capabilities = ["list", "delete"] }}
"""


class Library(unittest.TestCase):
    def setUp(self):
        self.root = server.current.root()
        self.mount = self.enterContext(server.kv_mount(self.root, "secret"))
        self.policy = server.unique("library")
        self.root.sys.create_or_update_policy(self.policy, RULES.format(self.mount))
        self.addCleanup(self.root.sys.delete_policy, self.policy)

    def backend(self, **auth):
        if not auth:
            auth = {"method": "token", "token": self.root.auth.token.create(policies=[self.policy], ttl="1h")["auth"]["client_token"]}
        return VaultBackend(server.current.address, server.current.verify, self.mount, auth)

    def exercise(self, vault):
        self.assertIsNone(vault.get_secret("database/password"))
        for name in ("password", "username", "host"):
            vault.put_secret(f"database/{name}", f"the {name}")
        vault.put_secret("api/key", "secret-key-value")
        self.assertEqual(vault.get_secret("database/password"), "the password")
        self.assertEqual(vault.list_secrets("database/*"), ["host", "password", "username"])
        self.assertEqual(vault.list_secrets("database/u*"), ["username"])
        self.assertEqual(vault.list_secrets("nowhere/*"), [])
        new = vault.rotate_secret("api/key")
        self.assertEqual(vault.get_secret("api/key"), new)
        vault.delete_secret("api/key")
        self.assertIsNone(vault.get_secret("api/key"))
        self.assertEqual(vault.list_secrets("*"), ["database/"])

    def test_with_a_token(self):
        self.exercise(self.backend())

    def test_with_approle(self):
        with server.approle(self.root, token_policies=["default", self.policy], token_ttl="1h", token_max_ttl="4h") as (path, role_id, secret_id):
            self.exercise(self.backend(method="approle", mount=path, role_id=role_id, secret_id=secret_id()["secret_id"]))

    def test_refused_with_the_wrong_credentials(self):
        with self.assertRaises(exceptions.Forbidden):
            self.backend(method="token", token="hvs.thisisnotatokenofours123").get_secret("a")
        with server.approle(self.root) as (path, role_id, _):
            with self.assertRaises(exceptions.InvalidRequest):
                self.backend(method="approle", mount=path, role_id=role_id, secret_id="wrong")

    def test_rotation_loses_no_write(self):
        """Two that rotate at once: check-and-set lets one of them through."""
        first, second = self.backend(), self.backend()
        first.put_secret("k", "v")
        held = first.kv.read_secret_version("k", mount_point=self.mount, raise_on_deleted_version=True)["data"]["metadata"]["version"]
        second.rotate_secret("k")
        with self.assertRaises(exceptions.InvalidRequest):
            first.kv.create_or_update_secret("k", secret={"value": "late"}, cas=held, mount_point=self.mount)

    def test_cache_and_rotation(self):
        vault = self.backend()
        vault.put_secret("k", "old")
        manager = SecretManager([vault])
        self.assertEqual(manager.get_secret("k"), "old")
        vault.put_secret("k", "new")
        self.assertEqual(manager.get_secret("k"), "old")
        self.assertEqual(manager.get_secret("k"), "old")
        self.assertEqual(len(manager.audit), 1)
        rotated = manager.rotate_secret("k")
        self.assertEqual(manager.get_secret("k"), rotated)

    def test_failover(self):
        vault = self.backend()
        manager = SecretManager([vault, MemoryBackend({"k": "from the other store"})])
        self.assertEqual(manager.get_secret("k"), "from the other store")
        vault.client.auth.token.revoke_self()
        manager.cache.clear()
        self.assertEqual(manager.get_secret("k"), "from the other store")
        with self.assertRaises(exceptions.Forbidden):
            SecretManager([vault]).get_secret("k")
