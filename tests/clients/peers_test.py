"""Clients in other languages, each test file of theirs as one test here: node-vault, hashi-vault-js, the Go client of OpenBao,
and consul-template, which renders what our server says."""
import os, pathlib, signal, subprocess, tempfile, time, unittest

import peers, server


def run(case, command, **more):
    """With the server's address in the environment; what is printed is shown when it fails."""
    now = server.current
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("VAULT_", "BAO_"))}
    environment |= {"TEST_ADDRESS": now.address, "TEST_TOKEN": now.root_token, "NODE_NO_WARNINGS": "1"}
    if now.tls:
        environment["TEST_CA"] = str(now.folder / "cert.pem")
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=180, **more)
    case.assertEqual(done.returncode, 0, "\n" + done.stdout)


class Node(unittest.TestCase):
    def test_node_vault(self):
        run(self, [peers.node(), "--test", "node_vault.test.mjs"], cwd=peers.node_packages())

    def test_hashi_vault_js(self):
        run(self, [peers.node(), "--test", "hashi_vault_js.test.mjs"], cwd=peers.node_packages())


class Go(unittest.TestCase):
    def test_openbao_client(self):
        run(self, [peers.go_program("openbao-client", "test", "-c"), "-test.v", "-test.timeout=120s"])


TEMPLATE = """{{ with secret "%s/data/maily/config" }}{"host": "{{ .Data.data.db_host }}", "password": "{{ .Data.data.db_password }}"}{{ end }}
"""


class ConsulTemplate(unittest.TestCase):
    def setUp(self):
        self.program = peers.go_program("consul-template", "build", "github.com/hashicorp/consul-template")
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.root = server.current.root()
        self.mount = self.enterContext(server.kv_mount(self.root))
        self.put(db_host="postgres", db_password="geheim-ß")
        policy = server.unique("maily")
        self.root.sys.create_or_update_policy(policy, f'path "{self.mount}/data/maily/*" {{ capabilities = ["read"] }}')
        self.addCleanup(self.root.sys.delete_policy, policy)
        path, role_id, secret_id = self.enterContext(server.approle(self.root, token_policies=[policy, "default"], token_ttl="3s", token_max_ttl="1h"))
        login = server.current.client().auth.approle.login(role_id, secret_id()["secret_id"], mount_point=path)
        self.token = login["auth"]["client_token"]

    def put(self, **secret):
        self.root.secrets.kv.v2.create_or_update_secret("maily/config", secret=secret, mount_point=self.mount)

    def command(self, secret_path, *flags):
        ssl = f'  ssl {{\n    enabled = true\n    ca_cert = "{server.current.folder}/cert.pem"\n  }}\n' if server.current.tls else ""
        (self.folder / "in.tpl").write_text(TEMPLATE % secret_path)
        (self.folder / "config.hcl").write_text(
            f'vault {{\n  address = "{server.current.address}"\n  token = "{self.token}"\n  renew_token = true\n  default_lease_duration = "1s"\n'
            f'  retry {{\n    attempts = 1\n    backoff = "50ms"\n  }}\n{ssl}}}\n'
            f'template {{\n  source = "{self.folder}/in.tpl"\n  destination = "{self.folder}/out.json"\n}}\n')
        return [self.program, "-config", self.folder / "config.hcl", *flags]

    def test_renders_once(self):
        run(self, self.command(self.mount, "-once"))
        self.assertEqual((self.folder / "out.json").read_text(), '{"host": "postgres", "password": "geheim-ß"}\n')

    def test_may_not_read_another_mount(self):
        with server.kv_mount(self.root) as other:
            done = subprocess.run(self.command(other, "-once"), capture_output=True, text=True, timeout=60)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("permission denied", done.stderr)
        self.assertFalse((self.folder / "out.json").exists())

    def test_renders_again_on_a_renewed_token(self):
        """It runs for longer than the token's first life, and sees what was written then."""
        with open(self.folder / "log", "w+") as log:
            process = subprocess.Popen(self.command(self.mount), stdout=log, stderr=log)
            try:
                self.wait_for("postgres")
                time.sleep(4)
                self.put(db_host="postgres-2", db_password="neu")
                self.wait_for("postgres-2")
                self.assertIsNone(process.poll())
            finally:
                process.send_signal(signal.SIGINT)
                process.wait(30)

    def wait_for(self, host):
        deadline, out = time.monotonic() + 60, self.folder / "out.json"
        while not out.exists() or f'"host": "{host}"' not in out.read_text():
            self.assertLess(time.monotonic(), deadline, (self.folder / "log").read_text())
            time.sleep(0.1)
