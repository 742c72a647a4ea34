"""hvac, call by call: what an operator's script and an application's client do with it, and what they must be refused."""
import json, time, unittest

from hvac import exceptions

import server


class WithKv(unittest.TestCase):
    def setUp(self):
        self.root = server.current.root()
        self.mount = self.enterContext(server.kv_mount(self.root))
        self.kv = self.root.secrets.kv.v2

    def put(self, path, secret, **more):
        return self.kv.create_or_update_secret(path, secret=secret, mount_point=self.mount, **more)["data"]

    def get(self, path, **more):
        return self.kv.read_secret_version(path, mount_point=self.mount, raise_on_deleted_version=True, **more)["data"]

    def with_policy(self, rules):
        name = server.unique("policy")
        self.root.sys.create_or_update_policy(name, rules)
        self.addCleanup(self.root.sys.delete_policy, name)
        return name

    def token(self, *policies, **more):
        return self.root.auth.token.create(policies=list(policies), **more)["auth"]["client_token"]


class Secrets(WithKv):
    def test_write_read_update(self):
        first = self.put("app/db", {"user": "u", "password": "geheim-ß-日本", "port": 5432, "nested": {"a": [1, None, True]}})
        self.assertEqual(first["version"], 1)
        self.assertEqual(self.get("app/db")["data"], {"user": "u", "password": "geheim-ß-日本", "port": 5432, "nested": {"a": [1, None, True]}})
        self.assertEqual(self.put("app/db", {"user": "v"})["version"], 2)
        self.assertEqual(self.get("app/db")["data"], {"user": "v"})
        self.assertEqual(self.get("app/db", version=1)["data"]["port"], 5432)
        with self.assertRaises(exceptions.InvalidPath):
            self.get("app/db", version=3)

    def test_missing_secret(self):
        with self.assertRaises(exceptions.InvalidPath):
            self.get("nowhere")
        with self.assertRaises(exceptions.InvalidPath):
            self.kv.list_secrets("nowhere", mount_point=self.mount)

    def test_check_and_set(self):
        self.put("cas", {"n": 1}, cas=0)
        with self.assertRaisesRegex(exceptions.InvalidRequest, "check-and-set parameter did not match"):
            self.put("cas", {"n": 2}, cas=0)
        self.put("cas", {"n": 2}, cas=1)
        self.kv.configure(cas_required=True, mount_point=self.mount)
        with self.assertRaisesRegex(exceptions.InvalidRequest, "check-and-set parameter required"):
            self.put("cas", {"n": 3})
        self.assertEqual(self.get("cas")["data"], {"n": 2})

    def test_patch(self):
        """hvac reads, merges and writes with check-and-set; the server merges by itself when asked with PATCH."""
        self.put("p", {"keep": "1", "change": "2", "drop": "3"})
        self.kv.patch("p", secret={"change": "4"}, mount_point=self.mount)
        self.assertEqual(self.get("p")["data"], {"keep": "1", "change": "4", "drop": "3"})
        self.root.adapter.request("patch", f"/v1/{self.mount}/data/p", headers={"Content-Type": "application/merge-patch+json"}, json={"data": {"drop": None}})
        self.assertEqual(self.get("p")["data"], {"keep": "1", "change": "4"})
        with self.assertRaises(exceptions.InvalidPath):
            self.kv.patch("no-such", secret={"a": "b"}, mount_point=self.mount)

    def test_delete_undelete_destroy(self):
        self.put("life", {"v": 1})
        self.put("life", {"v": 2})
        self.kv.delete_latest_version_of_secret("life", mount_point=self.mount)
        with self.assertRaises(exceptions.InvalidPath) as gone:
            self.get("life")
        self.assertIsNone(gone.exception.json["data"]["data"])
        self.assertNotEqual(gone.exception.json["data"]["metadata"]["deletion_time"], "")
        self.kv.undelete_secret_versions("life", versions=[2], mount_point=self.mount)
        self.assertEqual(self.get("life")["data"], {"v": 2})
        self.kv.destroy_secret_versions("life", versions=[1], mount_point=self.mount)
        with self.assertRaises(exceptions.InvalidPath):
            self.get("life", version=1)
        self.kv.undelete_secret_versions("life", versions=[1], mount_point=self.mount)
        with self.assertRaises(exceptions.InvalidPath):
            self.get("life", version=1)
        self.kv.delete_secret_versions("life", versions=[2], mount_point=self.mount)
        self.kv.delete_metadata_and_all_versions("life", mount_point=self.mount)
        with self.assertRaises(exceptions.InvalidPath):
            self.kv.read_secret_metadata("life", mount_point=self.mount)

    def test_list_and_metadata(self):
        for name in ("one", "two", "deep/three"):
            self.put(name, {"x": name})
        self.assertEqual(self.kv.list_secrets("", mount_point=self.mount)["data"]["keys"], ["deep/", "one", "two"])
        self.assertEqual(self.kv.list_secrets("deep", mount_point=self.mount)["data"]["keys"], ["three"])
        self.kv.update_metadata("one", max_versions=2, custom_metadata={"owner": "team-a"}, mount_point=self.mount)
        for n in range(4):
            self.put("one", {"n": n})
        told = self.kv.read_secret_metadata("one", mount_point=self.mount)["data"]
        self.assertEqual(sorted(told["versions"]), ["4", "5"])
        self.assertEqual((told["current_version"], told["oldest_version"], told["custom_metadata"]), (5, 4, {"owner": "team-a"}))
        self.assertEqual(self.get("one")["metadata"]["custom_metadata"], {"owner": "team-a"})

    def test_awkward_names(self):
        for name in ("with space", "with+plus", "ünï", "a.b-c_d~e", "percent%25"):
            self.put(name, {"name": name})
            self.assertEqual(self.get(name)["data"], {"name": name})


class Policies(WithKv):
    def test_what_a_policy_allows(self):
        self.put("mine/a", {"k": "1"})
        self.put("other/a", {"k": "2"})
        reader = server.current.client(self.token(self.with_policy(f'path "{self.mount}/data/mine/*" {{ capabilities = ["read"] }}')))
        read = lambda path: reader.secrets.kv.v2.read_secret_version(path, mount_point=self.mount, raise_on_deleted_version=True)
        self.assertEqual(read("mine/a")["data"]["data"], {"k": "1"})
        for refused in (lambda: read("other/a"), lambda: reader.secrets.kv.v2.create_or_update_secret("mine/a", secret={"k": "3"}, mount_point=self.mount),
                        lambda: reader.secrets.kv.v2.list_secrets("mine", mount_point=self.mount), lambda: reader.sys.list_policies()):
            with self.assertRaisesRegex(exceptions.Forbidden, "permission denied"):
                refused()
        self.assertEqual(self.get("mine/a")["data"], {"k": "1"})

    def test_create_is_not_update(self):
        maker = server.current.client(self.token(self.with_policy(f'path "{self.mount}/data/*" {{ capabilities = ["create"] }}')))
        maker.secrets.kv.v2.create_or_update_secret("new", secret={"k": "1"}, mount_point=self.mount)
        with self.assertRaises(exceptions.Forbidden):
            maker.secrets.kv.v2.create_or_update_secret("new", secret={"k": "2"}, mount_point=self.mount)
        self.assertEqual(self.get("new")["data"], {"k": "1"})

    def test_change_and_removal_count_at_once(self):
        self.put("a", {"k": "1"})
        name = self.with_policy(f'path "{self.mount}/data/*" {{ capabilities = ["read"] }}')
        reader = server.current.client(self.token(name))
        read = lambda: reader.secrets.kv.v2.read_secret_version("a", mount_point=self.mount, raise_on_deleted_version=True)
        read()
        self.root.sys.create_or_update_policy(name, f'path "{self.mount}/data/*" {{ capabilities = ["deny"] }}')
        with self.assertRaises(exceptions.Forbidden):
            read()
        self.root.sys.create_or_update_policy(name, {"path": {f"{self.mount}/data/*": {"capabilities": ["read"]}}})
        read()
        self.root.sys.delete_policy(name)
        with self.assertRaises(exceptions.Forbidden):
            read()

    def test_read_list_and_mistakes(self):
        name = self.with_policy('path "a/*" { capabilities = ["list"] }')
        self.assertEqual(self.root.sys.read_policy(name)["data"]["rules"], 'path "a/*" { capabilities = ["list"] }')
        self.assertTrue({name, "default", "root"} <= set(self.root.sys.list_policies()["data"]["policies"]))
        with self.assertRaises(exceptions.InvalidRequest):
            self.root.sys.create_or_update_policy(server.unique("wrong"), 'path "a" { capabilities = ["fly"] }')
        with self.assertRaises(exceptions.InvalidRequest):
            self.root.sys.delete_policy("root")

    def test_capabilities(self):
        token = self.token(self.with_policy(f'path "{self.mount}/data/*" {{ capabilities = ["read", "update"] }}'))
        paths = [f"{self.mount}/data/x", "sys/mounts"]
        told = self.root.sys.get_capabilities(paths, token=token)
        self.assertEqual((sorted(told[paths[0]]), told[paths[1]]), (["read", "update"], ["deny"]))


class Tokens(WithKv):
    def test_life(self):
        made = self.root.auth.token.create(policies=["default"], ttl="1h", meta={"who": "me"}, display_name="d")["auth"]
        self.assertTrue(made["client_token"].startswith("hvs."))
        self.assertEqual((made["lease_duration"], made["renewable"]), (3600, True))
        user = server.current.client(made["client_token"])
        self.assertTrue(user.is_authenticated())
        told = user.auth.token.lookup_self()["data"]
        self.assertEqual((told["meta"], told["display_name"], told["policies"]), ({"who": "me"}, "token-d", ["default"]))
        self.assertEqual(user.auth.token.renew_self(increment="30m")["auth"]["lease_duration"], 1800)
        self.assertEqual(self.root.auth.token.lookup_accessor(made["accessor"])["data"]["id"], "")
        self.root.auth.token.revoke_accessor(made["accessor"])
        self.assertFalse(user.is_authenticated())
        with self.assertRaises(exceptions.Forbidden):
            user.auth.token.lookup_self()

    def test_children_go_with_the_parent(self):
        name = self.with_policy('path "auth/token/create" { capabilities = ["update"] }')
        parent = server.current.client(self.token(name))
        child = server.current.client(parent.auth.token.create(ttl="10m")["auth"]["client_token"])
        self.assertTrue(child.is_authenticated())
        parent.auth.token.revoke_self()
        deadline = time.monotonic() + 20
        while child.is_authenticated():
            self.assertLess(time.monotonic(), deadline, "the child outlives its parent")
            time.sleep(0.05)

    def test_no_more_rights_than_the_parent(self):
        name = self.with_policy('path "auth/token/create" { capabilities = ["update"] }')
        parent = server.current.client(self.token(name))
        with self.assertRaises((exceptions.InvalidRequest, exceptions.Forbidden)):
            parent.auth.token.create(policies=["root"])

    def test_uses_are_counted(self):
        user = server.current.client(self.token("default", num_uses=3))
        for _ in range(3):
            user.auth.token.lookup_self()
        with self.assertRaises(exceptions.Forbidden):
            user.auth.token.lookup_self()

    def test_expiry(self):
        user = server.current.client(self.token("default", ttl="1s", renewable=False))
        user.auth.token.lookup_self()
        deadline = time.monotonic() + 20
        while user.is_authenticated():
            self.assertLess(time.monotonic(), deadline, "the token does not expire")
            time.sleep(0.1)

    def test_wrong_tokens(self):
        for token in ("hvs.nosuchtokenatallxxxxxxx", "with a space", "x" * 5000):
            with self.assertRaises((exceptions.Forbidden, exceptions.InvalidRequest, exceptions.UnexpectedError)) as refused:
                server.current.client(token).auth.token.lookup_self()
            self.assertNotIn(token, str(refused.exception))


class System(WithKv):
    def test_state(self):
        self.assertTrue(self.root.sys.is_initialized())
        self.assertFalse(self.root.sys.is_sealed())
        status = self.root.sys.read_seal_status()
        self.assertEqual((status["t"], status["n"], status["type"]), (3, 5, "shamir"))
        self.assertEqual(self.root.sys.read_health_status(method="HEAD").status_code, 200)
        self.assertTrue(self.root.sys.read_health_status(method="GET")["version"].startswith("1.19.0"))
        self.assertTrue(self.root.sys.read_leader_status()["is_self"] or not self.root.sys.read_leader_status()["ha_enabled"])
        with self.assertRaisesRegex(exceptions.InvalidRequest, "already initialized"):
            self.root.sys.initialize()

    def test_mounts(self):
        mounts = self.root.sys.list_mounted_secrets_engines()["data"]
        self.assertEqual((mounts[self.mount + "/"]["type"], mounts[self.mount + "/"]["options"]), ("kv", {"version": "2"}))
        self.root.sys.tune_mount_configuration(self.mount, default_lease_ttl="1h", description="tuned")
        self.assertEqual(self.root.sys.read_mount_configuration(self.mount)["data"]["default_lease_ttl"], 3600)
        with self.assertRaisesRegex(exceptions.InvalidRequest, "path is already in use"):
            self.root.sys.enable_secrets_engine("kv", path=self.mount, options={"version": "2"})
        with self.assertRaises(exceptions.InvalidRequest):
            self.root.sys.enable_secrets_engine("no-such-engine", path=server.unique("x"))
        self.assertIsNone(self.root.read("nowhere/at/all"))  # so hvac says 404

    def test_audit(self):
        path, log = server.unique("audit"), server.current.folder / (server.unique("audit") + ".log")
        self.root.sys.enable_audit_device("file", path=path, options={"file_path": str(log)})
        try:
            self.assertEqual(self.root.sys.list_enabled_audit_devices()["data"][path + "/"]["type"], "file")
            self.put("audited", {"password": "never-in-the-log"})
            self.get("audited")
            hashed = self.root.sys.calculate_hash(path, "never-in-the-log")["data"]["hash"]
        finally:
            self.root.sys.disable_audit_device(path)
        text = log.read_text()
        lines = [json.loads(line) for line in text.splitlines()]
        self.assertNotIn("never-in-the-log", text)
        self.assertNotIn(server.current.root_token, text)
        self.assertIn(hashed, text)
        written = [line for line in lines if line.get("request", {}).get("path") == f"{self.mount}/data/audited"]
        self.assertEqual([line["type"] for line in written], ["request", "response"] * 2)

    def test_no_token(self):
        nobody = server.current.client()
        self.assertFalse(nobody.is_authenticated())
        with self.assertRaisesRegex(exceptions.Forbidden, "permission denied"):
            nobody.sys.list_mounted_secrets_engines()


class AppRole(WithKv):
    def login(self, path, role_id, secret_id):
        client = server.current.client()
        client.auth.approle.login(role_id=role_id, secret_id=secret_id, mount_point=path)
        return client

    def test_login_and_refusals(self):
        with server.approle(self.root, token_policies=["default"], token_ttl="1h", token_max_ttl="4h") as (path, role_id, secret_id):
            made = secret_id(metadata={"host": "a"})
            client = self.login(path, role_id, made["secret_id"])
            told = client.auth.token.lookup_self()["data"]
            self.assertEqual((told["meta"], told["path"], told["creation_ttl"]), ({"host": "a", "role_name": "app"}, f"auth/{path}/login", 3600))
            for wrong_role, wrong_secret in ((role_id, "wrong"), ("wrong", made["secret_id"]), (role_id, "")):
                with self.assertRaises(exceptions.InvalidRequest) as refused:
                    self.login(path, wrong_role, wrong_secret)
                self.assertNotIn(made["secret_id"], str(refused.exception))
            self.root.auth.approle.destroy_secret_id("app", made["secret_id"], mount_point=path)
            with self.assertRaisesRegex(exceptions.InvalidRequest, "invalid role or secret ID"):
                self.login(path, role_id, made["secret_id"])
            self.assertTrue(client.is_authenticated())

    def test_uses_of_a_secret_id(self):
        with server.approle(self.root, token_policies=["default"], secret_id_num_uses=2) as (path, role_id, secret_id):
            made = secret_id()
            told = self.root.auth.approle.read_secret_id_accessor("app", made["secret_id_accessor"], mount_point=path)["data"]
            self.assertEqual(told["secret_id_num_uses"], 2)
            for _ in range(2):
                self.login(path, role_id, made["secret_id"])
            with self.assertRaises(exceptions.InvalidRequest):
                self.login(path, role_id, made["secret_id"])

    def test_addresses(self):
        with server.approle(self.root, token_policies=["default"], secret_id_bound_cidrs=["10.1.0.0/16"]) as (path, role_id, secret_id):
            with self.assertRaises((exceptions.InvalidRequest, exceptions.Forbidden)):
                self.login(path, role_id, secret_id()["secret_id"])
        with server.approle(self.root, token_policies=["default"], token_bound_cidrs=["127.0.0.0/8"]) as (path, role_id, secret_id):
            self.assertTrue(self.login(path, role_id, secret_id()["secret_id"]).is_authenticated())

    def test_disabling_the_method_ends_its_tokens(self):
        with server.approle(self.root, token_policies=["default"]) as (path, role_id, secret_id):
            client = self.login(path, role_id, secret_id()["secret_id"])
            self.assertTrue(client.is_authenticated())
        deadline = time.monotonic() + 20
        while client.is_authenticated():
            self.assertLess(time.monotonic(), deadline, "the token outlives its auth method")
            time.sleep(0.05)
