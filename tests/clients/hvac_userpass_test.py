"""hvac for people: logins with a name and a password, and KV version 1, in place or on its way to version 2."""
import time, unittest

from hvac import exceptions

import server


class UserPass(unittest.TestCase):
    def setUp(self):
        self.root = server.current.root()
        self.mount = server.unique("people")
        self.root.sys.enable_auth_method("userpass", path=self.mount)
        self.addCleanup(self.root.sys.disable_auth_method, self.mount)
        self.users = self.root.auth.userpass

    def log_in(self, name, password):
        client = server.current.client()
        client.auth.userpass.login(name, password, mount_point=self.mount)
        return client

    def test_a_person_logs_in(self):
        self.users.create_or_update_user("ada", password="pw", policies="default", mount_point=self.mount)
        self.assertEqual(self.users.list_user(mount_point=self.mount)["data"]["keys"], ["ada"])
        self.assertEqual(self.users.read_user("ada", mount_point=self.mount)["data"]["token_policies"], ["default"])
        ada = self.log_in("Ada", "pw")
        self.assertEqual(ada.auth.token.lookup_self()["data"]["meta"], {"username": "ada"})
        self.assertTrue(ada.auth.token.renew_self()["auth"]["renewable"])
        self.users.update_password_on_user("ada", "new", mount_point=self.mount)
        self.log_in("ada", "new")
        self.users.delete_user("ada", mount_point=self.mount)
        with self.assertRaisesRegex(exceptions.InvalidRequest, "invalid username or password"):
            self.log_in("ada", "new")

    def test_guessing_locks_out(self):
        self.users.create_or_update_user("ada", password="pw", mount_point=self.mount)
        self.root.sys.tune_auth_method(self.mount, description="people")
        for _ in range(5):
            with self.assertRaises(exceptions.InvalidRequest):
                self.log_in("ada", "guess")
        with self.assertRaises(exceptions.Forbidden):
            self.log_in("ada", "pw")
        accessor = self.root.sys.list_auth_methods()["data"][f"{self.mount}/"]["accessor"]
        self.assertEqual(self.root.read(f"sys/locked-users?mount_accessor={accessor}")["data"]["total"], 1)
        self.root.write(f"sys/locked-users/{accessor}/unlock/ada")
        self.log_in("ada", "pw")


class VersionOne(unittest.TestCase):
    def test_kv_version_1_and_its_upgrade(self):
        root, mount = server.current.root(), server.unique("old")
        root.sys.enable_secrets_engine("kv", path=mount, options={"version": "1"})
        self.addCleanup(root.sys.disable_secrets_engine, mount)
        kv = root.secrets.kv.v1
        kv.create_or_update_secret("app/db", {"password": "p", "ttl": "1h"}, mount_point=mount)
        read = kv.read_secret("app/db", mount_point=mount)
        self.assertEqual((read["data"], read["lease_duration"]), ({"password": "p", "ttl": "1h"}, 3600))
        self.assertEqual(kv.list_secrets("", mount_point=mount)["data"]["keys"], ["app/"])
        kv.create_or_update_secret("gone", {"k": "v"}, mount_point=mount)
        kv.delete_secret("gone", mount_point=mount)
        with self.assertRaises(exceptions.InvalidPath):
            kv.read_secret("gone", mount_point=mount)

        root.sys.tune_mount_configuration(mount, options={"version": "2"})
        for _ in range(50):
            try:
                read = root.secrets.kv.v2.read_secret_version("app/db", mount_point=mount, raise_on_deleted_version=True)
                break
            except exceptions.InvalidRequest as unavailable:
                self.assertIn("will resume service shortly", str(unavailable))
                time.sleep(0.1)
        self.assertEqual((read["data"]["data"]["password"], read["data"]["metadata"]["version"]), ("p", 1))
