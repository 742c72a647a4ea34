"""An application that keeps its configuration in Vault: AppRole over plain HTTP calls, a token that is renewed before it ends,
KV version 2 reads, and a way back to files, environment and defaults when the server cannot help."""
import os, pathlib, shlex, subprocess, tempfile, time, unittest

import requests

import server

SECRETS = {
    "mongodb": {"connection_string": "mongodb://credit_system_user:credit_system_password@mongodb:27017/credit_system?authSource=admin", "database_name": "credit_system",
                "port": "27017", "root_password": "rootpassword", "root_user": "root", "service_name": "mongodb", "user": "credit_system_user",
                "user_password": "credit_system_password"},
    "redis": {"host": "redis-master.flask-app.svc.cluster.local", "password": "", "port": "6379", "service_name": "redis-master"},
    "app": {"debug": "false", "environment": "production", "port": "5000", "secret_key": "b32e8d83e9014856b4956a17e6f4972c7699849fa996ed6679477a8b6beb1c4d",
            "service_name": "flask-app"},
    "monitoring": {"grafana_admin_password": "80boiffW6GMcgx5vum1mtA==", "log_level": "INFO", "metrics_enabled": "true"},
}


class VaultManager:
    """No client library: requests alone, as the application has it."""

    def __init__(self, address, verify, login_path, role_id, secret_id, mount, buffer):
        self.address, self.login_path, self.mount, self.buffer = address, login_path, mount, buffer
        self.credentials = {"role_id": role_id, "secret_id": secret_id}
        self.session = requests.Session()
        self.session.verify = verify
        self.client_token, self.token_expiry, self.logins, self.renewals = None, 0, 0, 0
        self._authenticate()

    def _call(self, method, path, **more):
        headers = {"X-Vault-Token": self.client_token} if self.client_token else {}
        return self.session.request(method, f"{self.address}/v1/{path}", headers=headers, timeout=10, **more)

    def _take(self, response):
        auth = response.json()["auth"]
        self.client_token, self.token_expiry = auth["client_token"], time.monotonic() + auth["lease_duration"]

    def _authenticate(self):
        self.client_token = None
        response = self._call("POST", self.login_path, json=self.credentials)
        if response.status_code == 200:
            self.logins += 1
            self._take(response)
        return response.status_code == 200

    def _ensure_token(self):
        if self.client_token and time.monotonic() < self.token_expiry - self.buffer:
            return True
        if self.client_token:
            response = self._call("POST", "auth/token/renew-self", json={})
            if response.status_code == 200:
                self.renewals += 1
                self._take(response)
                if time.monotonic() < self.token_expiry - self.buffer:
                    return True
        return self._authenticate()

    def get_secret(self, path):
        try:
            if not self._ensure_token():
                return None
            response = self._call("GET", f"{self.mount}/data/{path}")
            return response.json()["data"]["data"] if response.status_code == 200 else None
        except requests.RequestException:
            return None

    def health_check(self):
        try:
            return self._call("GET", "sys/health").status_code == 200
        except requests.RequestException:
            return False


def config_value(vault, vault_path, vault_key, file, env_name, default):
    """Vault, then files, then the environment, then the default."""
    secret = vault.get_secret(vault_path)
    if secret and vault_key in secret:
        return secret[vault_key]
    if file.exists():
        return file.read_text()
    return os.environ.get(env_name, default)


class Application(unittest.TestCase):
    def setUp(self):
        self.root = server.current.root()
        self.mount = self.enterContext(server.kv_mount(self.root, "secret"))
        for name, secret in SECRETS.items():
            self.root.secrets.kv.v2.create_or_update_secret(f"flask-app/{name}", secret=secret, mount_point=self.mount)
        self.root.secrets.kv.v2.create_or_update_secret("other-app/db", secret={"k": "v"}, mount_point=self.mount)
        self.policy = server.unique("flask-app-policy")
        self.root.sys.create_or_update_policy(self.policy, f'path "{self.mount}/data/flask-app/*" {{ capabilities = ["read"] }}')
        self.addCleanup(self.root.sys.delete_policy, self.policy)

    def manager(self, path, role_id, secret_id, buffer=300):
        return VaultManager(server.current.address, server.current.verify, f"auth/{path}/login", role_id, secret_id, self.mount, buffer)

    def test_reads_all_of_its_secrets_and_no_others(self):
        with server.approle(self.root, token_policies=[self.policy], token_ttl="1h") as (path, role_id, secret_id):
            vault = self.manager(path, role_id, secret_id()["secret_id"])
            for name, secret in SECRETS.items():
                self.assertEqual(vault.get_secret(f"flask-app/{name}"), secret)
            self.assertEqual((vault.logins, vault.renewals), (1, 0))
            self.assertIsNone(vault.get_secret("other-app/db"))
            self.assertIsNone(vault.get_secret("flask-app/no-such"))
            self.assertEqual(vault._call("POST", f"{self.mount}/data/flask-app/app", json={"data": {"debug": "true"}}).status_code, 403)
            self.assertTrue(vault.health_check())

    def test_sees_an_update_at_once(self):
        with server.approle(self.root, token_policies=[self.policy], token_ttl="1h") as (path, role_id, secret_id):
            vault = self.manager(path, role_id, secret_id()["secret_id"])
            for n in range(20):
                self.root.secrets.kv.v2.create_or_update_secret("flask-app/redis", secret={"n": n}, mount_point=self.mount)
                self.assertEqual(vault.get_secret("flask-app/redis"), {"n": n})

    def test_renews_and_logs_in_again(self):
        # The buffer is all but a second of the life, so that nothing waits long; the maximum ends the renewals.
        with server.approle(self.root, token_policies=[self.policy], token_ttl="4s", token_max_ttl="8s") as (path, role_id, secret_id):
            vault = self.manager(path, role_id, secret_id()["secret_id"], buffer=3)
            first = vault.client_token
            deadline = time.monotonic() + 60
            while vault.logins < 2:
                self.assertEqual(vault.get_secret("flask-app/redis"), SECRETS["redis"])
                self.assertLess(time.monotonic(), deadline, "the maximum did not end the token")
                time.sleep(0.2)
            self.assertGreaterEqual(vault.renewals, 1)
            self.assertNotEqual(vault.client_token, first)

    def test_rotated_secret_id(self):
        with server.approle(self.root, token_policies=[self.policy], token_ttl="1h") as (path, role_id, secret_id):
            old, new = secret_id()["secret_id"], secret_id()["secret_id"]
            self.root.auth.approle.destroy_secret_id("app", old, mount_point=path)
            self.assertIsNone(self.manager(path, role_id, old).client_token)
            self.assertEqual(self.manager(path, role_id, new).get_secret("flask-app/app"), SECRETS["app"])

    def test_falls_back_when_the_server_is_sealed(self):
        with server.approle(self.root, token_policies=[self.policy], token_ttl="1h") as (path, role_id, secret_id):
            vault = self.manager(path, role_id, secret_id()["secret_id"])
            file = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "mongodb_user_password"
            value = lambda: config_value(vault, "flask-app/mongodb", "user_password", file, "TEST_MONGODB_PASSWORD", "the default")
            self.assertEqual(value(), "credit_system_password")
            self.root.sys.seal()
            try:
                self.assertFalse(vault.health_check())
                self.assertEqual(vault._call("GET", "sys/health").status_code, 503)
                self.assertEqual(value(), "the default")
                os.environ["TEST_MONGODB_PASSWORD"] = "from the environment"
                self.addCleanup(os.environ.pop, "TEST_MONGODB_PASSWORD")
                self.assertEqual(value(), "from the environment")
                file.write_text("from the file")
                self.assertEqual(value(), "from the file")
            finally:
                self.root.sys.submit_unseal_keys(server.current.keys[2:])
            self.assertEqual(value(), "credit_system_password")  # with the token that it had

    def test_survives_a_restart_of_the_server(self):
        with server.approle(self.root, token_policies=[self.policy], token_ttl="1h") as (path, role_id, secret_id):
            vault = self.manager(path, role_id, secret_id()["secret_id"])
            self.assertEqual(server.current.stop(), 0)
            self.assertIsNone(vault.get_secret("flask-app/app"))
            self.assertFalse(vault.health_check())
            server.current.start()
            self.root.url = server.current.address
            self.root = server.current.root()
            server.current.client().sys.submit_unseal_keys(server.current.keys[:3])
            vault.address = server.current.address
            self.assertEqual(vault.get_secret("flask-app/app"), SECRETS["app"])
            self.assertEqual(vault.logins, 1)


class Runbook(unittest.TestCase):
    """What the operators of that application type, with its paths: on the server's own command line, under the name `vault`."""

    def setUp(self):
        self.root = server.current.root()
        self.root.sys.enable_secrets_engine("kv", path="secret", options={"version": "2"})
        self.addCleanup(self.root.sys.disable_secrets_engine, "secret")
        self.root.sys.enable_auth_method("approle")
        self.addCleanup(self.root.sys.disable_auth_method, "approle")
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "vault").symlink_to(server.current.binary)
        (self.folder / ".vault-token").write_text(server.current.root_token)

    def shell(self, command):
        environment = {"PATH": f"{self.folder}:{os.environ['PATH']}", "HOME": str(self.folder), "VAULT_ADDR": server.current.address}
        if server.current.tls:
            environment["VAULT_CACERT"] = server.current.verify
        done = subprocess.run(["sh", "-c", 'export VAULT_TOKEN="$(cat ~/.vault-token)" && ' + command], env=environment, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, command + "\n" + done.stdout + done.stderr)
        return done.stdout

    def test_from_the_first_secret_to_a_rollback(self):
        for name, secret in SECRETS.items():
            self.shell(f"vault kv put secret/flask-app/{name} " + " ".join(shlex.quote(f"{key}={value}") for key, value in secret.items()))
        (self.folder / "policy.hcl").write_text('path "secret/data/flask-app/*" { capabilities = ["read"] }\n')
        self.shell(f"vault policy write flask-app-policy {self.folder}/policy.hcl")
        self.assertIn('path "secret/data/flask-app/*"', self.shell("vault policy read flask-app-policy"))
        self.shell("vault write auth/approle/role/flask-app-approle token_policies=flask-app-policy token_ttl=1h token_max_ttl=24h")
        self.assertRegex(self.shell("vault read auth/approle/role/flask-app-approle"), r"token_policies +\[flask-app-policy\]")
        role_id = self.shell("vault read -field=role_id auth/approle/role/flask-app-approle/role-id")
        secret_id = self.shell("vault write -f -field=secret_id auth/approle/role/flask-app-approle/secret-id")

        vault = VaultManager(server.current.address, server.current.verify, "auth/approle/login", role_id, secret_id, "secret", 300)
        for name, secret in SECRETS.items():
            self.assertEqual(vault.get_secret(f"flask-app/{name}"), secret)
        renewed = vault._call("POST", "auth/token/renew-self", json={})
        self.assertEqual((renewed.status_code, renewed.json()["auth"]["lease_duration"]), (200, 3600))

        # An update as the document has it replaces the whole secret; the version before comes back with a rollback.
        self.shell('vault kv put secret/flask-app/mongodb user_password="new_password"')
        self.assertEqual(vault.get_secret("flask-app/mongodb"), {"user_password": "new_password"})
        self.assertRegex(self.shell("vault kv get secret/flask-app/mongodb"), r"user_password +new_password")
        self.shell("vault kv rollback -version=1 secret/flask-app/mongodb")
        self.assertEqual(vault.get_secret("flask-app/mongodb"), SECRETS["mongodb"])
        self.assertRegex(self.shell("vault kv metadata get secret/flask-app/mongodb"), r"current_version +3\n")
        self.shell('vault kv patch secret/flask-app/mongodb user_password="new_password"')
        self.assertEqual(vault.get_secret("flask-app/mongodb"), SECRETS["mongodb"] | {"user_password": "new_password"})
        self.assertEqual(self.shell("vault kv get -version=3 -field=user_password secret/flask-app/mongodb").rstrip("\n"), "credit_system_password")
